import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { notification } from '../../testing/notifications';
import { isOnline } from '../../testing/render';
import { ConnectionNotice } from '../connection/ConnectionNotice';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { words as en } from '../words/languages/en';
import { words as es } from '../words/languages/es';
import { NotificationProvider } from './NotificationProvider';
import { useLocale } from './use-locale';

type Props = Parameters<typeof NotificationProvider>[0];

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

it('announces arrivals although each render of the host brings new words', async () => {
  const within = () => (
    <NotificationProvider {...urls()} token="token" words={{ ...es }}>
      <ConnectionStatus />
    </NotificationProvider>
  );
  const { rerender } = render(within());
  await isOnline();
  await waitFor(() => {
    expect(backend.calls).toHaveLength(2); // the list, at the start and again once connected
  });
  const renders = setInterval(() => {
    rerender(within());
  }, 100);
  act(() => {
    backend.create(notification(1));
  });
  expect(await screen.findByText('Nueva notificación: Aviso 1')).toBeInTheDocument();
  clearInterval(renders);
});

it('does not announce an erased notification again at the next arrival', async () => {
  render(
    <NotificationProvider {...urls()} token="token" locale="es">
      <ConnectionStatus />
    </NotificationProvider>,
  );
  await isOnline();
  await waitFor(() => {
    expect(backend.calls).toHaveLength(2);
  });
  act(() => {
    backend.create(notification(1, { title: 'SECRETO', severity: 'critical' }));
  });
  await screen.findByText('Nueva notificación: SECRETO');
  backend.items = [];
  backend.sendInboxEvent({ unread_count: 0, unseen_count: 0, changed: [], erased: true });
  await waitFor(() => {
    expect(screen.queryByText(/SECRETO/)).toBeNull();
  });
  act(() => {
    backend.create(notification(2));
  });
  await screen.findByText('Nueva notificación: Aviso 2');
  expect(screen.queryByText(/SECRETO/)).toBeNull();
});

it('says what is wrong with its props, and the page around it survives', async () => {
  const onError = vi.fn();
  const within = (props: object) => (
    <NotificationProvider {...({ ...urls(), onError, ...props } as unknown as Props)}>
      <p>the shop</p>
      <ConnectionStatus />
      <ConnectionNotice />
    </NotificationProvider>
  );
  const { rerender } = render(within({}));
  expect(await screen.findByText(/needs one of `token` and `getToken`/)).toBeVisible();
  expect(screen.getByText('the shop')).toBeVisible();
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError));
  rerender(within({ token: 'late' })); // as when the host has loaded its session
  await isOnline();
  rerender(<div key="other">{within({ token: 'token', socketUrl: [] })}</div>);
  expect(await screen.findByText(/`socketUrl` is an empty list/)).toBeVisible();
});

it('writes what is wrong with its props to the console by default', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const props = urls() as Props;
  render(<NotificationProvider {...props} />);
  await waitFor(() => {
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError));
  });
});

it('asks a new `getToken` for the next token', async () => {
  backend.refuse = (token) => (token === 'old' ? 'the token has expired' : undefined);
  const within = (token: string) => (
    <NotificationProvider {...urls()} locale="es" getToken={() => Promise.resolve(token)}>
      <ConnectionStatus />
      <ConnectionNotice />
    </NotificationProvider>
  );
  const { rerender } = render(within('old'));
  const retry = await screen.findByRole('button', { name: es.retry });
  rerender(within('new'));
  fireEvent.click(retry);
  await isOnline();
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
