import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './demo/App';
import './chrome/theme.css';
import { registerWorker } from './demo/register-worker';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const worker = registerWorker();
createRoot(root).render(
  <StrictMode>
    <App worker={worker} />
  </StrictMode>,
);
