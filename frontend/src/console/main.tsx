import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../chrome/theme.css';
import { App } from './App';
import './console.css';
import { LanguageProvider } from './language';

const root = document.getElementById('root');
if (!root) throw new Error('console.html has no #root');
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <App />
    </LanguageProvider>
  </StrictMode>,
);
