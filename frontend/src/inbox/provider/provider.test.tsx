import { act, render, screen, waitFor } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { isOnline } from '../../testing/render';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { words as en } from '../words/languages/en';
import { words as es } from '../words/languages/es';
import { NotificationProvider } from './NotificationProvider';
import { useLocale } from './use-locale';

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
  expect(await screen.findByText(en['connection.online'])).toBeVisible();
  rerender(within({ locale: 'es_AR' })); // `Intl` would throw
  expect(await screen.findByText(es['connection.online'])).toBeVisible();
  rerender(within({ locale: 'pt', words: { ...en, 'connection.online': 'Ao vivo' } }));
  expect(await screen.findByText('Ao vivo')).toBeVisible();
  rerender(within({ locale: 'pt' }));
  expect(await screen.findByText(es['connection.online'])).toBeVisible();
});

it('without a locale, speaks the first of the shopper’s languages that it has', async () => {
  const speak = (...languages: string[]) => {
    vi.spyOn(navigator, 'language', 'get').mockReturnValue(languages[0] ?? '');
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages);
    window.dispatchEvent(new Event('languagechange'));
  };
  speak('fr', 'en-US@posix', 'es');
  render(
    <NotificationProvider {...urls()} token="token">
      <ConnectionStatus />
    </NotificationProvider>,
  );
  expect(await screen.findByText(en['connection.online'])).toBeVisible();
  act(() => {
    speak('es-MX', 'en');
  });
  expect(await screen.findByText(es['connection.online'])).toBeVisible();
});

it('renders Spanish on the server, which does not know the shopper’s languages', () => {
  const Probe = () => useLocale(undefined);
  expect(renderToString(<Probe />)).toBe('es');
});
