import { render, screen, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { isOnline } from '../../testing/render';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { words as en } from '../words/languages/en';
import { NotificationProvider } from './NotificationProvider';

const urls = () => ({ apiUrl: backend.url, socketUrl: backend.url });

it('uses a new token at once, and keeps the connection', async () => {
  const extensions: string[] = [];
  backend.extend = (token) => {
    extensions.push(token);
    return { ok: true };
  };
  const within = (token: string) => (
    <NotificationProvider {...urls()} token={token}>
      <ConnectionStatus />
    </NotificationProvider>
  );
  const { rerender } = render(within('first'));
  await isOnline();
  expect(backend.connects).toEqual(['first']);
  rerender(within('second'));
  await waitFor(() => {
    expect(extensions).toEqual(['second']);
  });
  expect(backend.connects).toEqual(['first']);
});

it('connects with a new token after the first was refused', async () => {
  backend.refuse = (token) => (token === 'first' ? 'the token has expired' : undefined);
  const within = (token: string) => (
    <NotificationProvider {...urls()} token={token}>
      <ConnectionStatus />
    </NotificationProvider>
  );
  const { rerender } = render(within('first'));
  await waitFor(() => {
    expect(screen.getByTestId('connection-state')).toHaveAttribute('data-state', 'refused');
  });
  rerender(within('second'));
  await isOnline();
});

it('throws if it has neither `token` nor `getToken`', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // React logs the error too
  const props = urls() as Parameters<typeof NotificationProvider>[0];
  expect(() => render(<NotificationProvider {...props} />)).toThrow(
    'needs one of `token` and `getToken`',
  );
});

it('uses the language of the locale, the host’s own texts, or Spanish', async () => {
  const within = (props: { locale?: string; words?: typeof en }) => (
    <NotificationProvider {...urls()} token="token" {...props}>
      <ConnectionStatus />
    </NotificationProvider>
  );
  const { rerender } = render(within({ locale: 'en-GB' }));
  expect(await screen.findByText('Live')).toBeVisible();
  rerender(within({ locale: 'es-AR' }));
  expect(await screen.findByText('En directo')).toBeVisible();
  rerender(within({ locale: 'pt', words: { ...en, 'connection.online': 'Ao vivo' } }));
  expect(await screen.findByText('Ao vivo')).toBeVisible();
  rerender(within({ locale: 'pt' }));
  expect(await screen.findByText('En directo')).toBeVisible();
});
