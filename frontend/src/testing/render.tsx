import { render, screen, waitFor } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { expect } from 'vitest';
import { NotificationProvider } from '../inbox';
import type { Backend } from './backend';

/** Render under a provider that is connected to the backend, in StrictMode as in development. */
export function renderInbox(backend: Backend, children: ReactNode, locale = 'es') {
  const getToken = () => Promise.resolve('token');
  const within = (content: ReactNode) => (
    <StrictMode>
      <NotificationProvider
        apiUrl={backend.url}
        socketUrl={backend.url}
        getToken={getToken}
        locale={locale}
      >
        {content}
      </NotificationProvider>
    </StrictMode>
  );
  const rendered = render(within(children));
  return {
    ...rendered,
    rerender: (content: ReactNode) => {
      rendered.rerender(within(content));
    },
  };
}

/**
 * Wait until the rendered `ConnectionStatus` says that the inbox is online, and its language has
 * loaded.
 */
export const isOnline = () =>
  waitFor(() => {
    const status = screen.getByTestId('connection-state');
    expect(status).toHaveAttribute('data-state', 'online');
    expect(status).toHaveTextContent(/./); // there are no words while a language loads
  });
