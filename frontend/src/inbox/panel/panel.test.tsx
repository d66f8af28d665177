import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { notification } from '../../testing/notifications';
import { isOnline, renderInbox } from '../../testing/render';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { NotificationBell } from './NotificationBell';
import { NotificationInbox } from './NotificationInbox';

const AT = '2026-01-01T00:00:00.000Z';
const read = { read_at: AT, seen_at: AT };

const user = userEvent.setup();

const PATIENCE = { timeout: 5_000 };
const bell = <NotificationBell isOpen={false} onToggle={vi.fn()} controls="inbox" />;
const items = () => screen.findAllByTestId('notification');

it('shows the list newest first, and marks and counts the unread', async () => {
  backend.items = [notification(2), notification(1, read)];
  renderInbox(backend, <NotificationInbox />);
  const [newer, older] = await items();
  expect(newer).toHaveTextContent('Aviso 2');
  expect(newer).toHaveAttribute('data-read', 'false');
  expect(newer).toHaveTextContent('Sin leer');
  expect(older).toHaveAttribute('data-read', 'true');
  expect(older).not.toHaveTextContent('Sin leer');
  expect(screen.getByText('1 sin leer')).toBeVisible();
});

it('shows the unseen count in the badge until the inbox is opened', async () => {
  backend.items = [notification(2), notification(1, read)];
  const { rerender } = renderInbox(backend, bell);
  expect(await screen.findByRole('button', { name: 'Notificaciones: 1 nueva' })).toBe(
    screen.getByTestId('bell'),
  );
  expect(screen.getByTestId('badge')).toHaveTextContent(/^1$/);
  rerender([<NotificationInbox key="inbox" />, <span key="bell">{bell}</span>]);
  expect(await screen.findByRole('button', { name: 'Notificaciones: 1 sin leer' })).toBe(
    screen.getByTestId('bell'),
  );
  expect(screen.queryByTestId('badge')).not.toBeInTheDocument();
  await waitFor(() => {
    expect(backend.items[0]?.seen_at).not.toBeNull();
  });
});

it('shows the unread count in the badge if the host asks for it', async () => {
  backend.items = [notification(2, { seen_at: AT }), notification(1)];
  renderInbox(
    backend,
    <NotificationBell isOpen={false} onToggle={vi.fn()} controls="inbox" count="unread" />,
  );
  expect(await screen.findByTestId('badge')).toHaveTextContent('2');
});

it('does not repeat a refused "all seen" before the next arrival', async () => {
  backend.items = [notification(1)];
  backend.intercept = ({ method }) => (method === 'POST' ? { status: 403, body: {} } : undefined);
  renderInbox(backend, <NotificationInbox />);
  expect(await screen.findByTestId('problem')).toHaveTextContent('No se han podido marcar');
  const sweeps = () => backend.calls.filter(({ method }) => method === 'POST').length;
  expect(sweeps()).toBe(1);
  act(() => {
    backend.create(notification(2));
  });
  await waitFor(() => {
    expect(sweeps()).toBe(2);
  });
  await user.click(screen.getByTestId('filter-archived'));
  expect(await screen.findByText('No tienes notificaciones archivadas')).toBeVisible();
  expect(sweeps()).toBe(2);
});

it('marks nothing as seen while the page is hidden', async () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  backend.items = [notification(1)];
  renderInbox(backend, <NotificationInbox />);
  await items();
  await user.click(screen.getByTestId('filter-archived'));
  expect(await screen.findByText('No tienes notificaciones archivadas')).toBeVisible();
  expect(backend.items[0]?.seen_at).toBeNull();
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await waitFor(() => {
    expect(backend.items[0]?.seen_at).not.toBeNull();
  });
});

it('is in English if the locale is English', async () => {
  backend.items = [notification(1)];
  renderInbox(backend, <NotificationInbox />, 'en');
  expect(await screen.findByText('1 unread')).toBeVisible();
  expect(screen.getByRole('heading', { name: 'Notifications' })).toBeVisible();
});

it('connects once under StrictMode', async () => {
  renderInbox(backend, <ConnectionStatus />);
  await isOnline();
  expect(backend.connects).toEqual(['token']);
});

it('shows a live arrival on top, and announces it', async () => {
  backend.items = [notification(1, read)];
  renderInbox(backend, [<NotificationInbox key="inbox" />, <ConnectionStatus key="state" />]);
  await items();
  await isOnline();
  act(() => {
    backend.create(notification(2, { title: 'Pedido despachado' }));
  });
  expect(await screen.findByRole('heading', { name: 'Pedido despachado' })).toBeVisible();
  expect((await items())[0]).toHaveTextContent('Pedido despachado');
  expect(await screen.findByText('Nueva notificación: Pedido despachado')).toBeInTheDocument();
  act(() => {
    backend.create(notification(3));
    backend.create(notification(4), notification(5));
  });
  const sentence = '3 notificaciones nuevas. La última: Aviso 5';
  expect(await screen.findByText(sentence)).toBeInTheDocument();
  backend.sendInboxEvent({ unread_count: 0, unseen_count: 0, changed: [], erased: true });
  await waitFor(() => {
    expect(screen.queryByText(sentence)).not.toBeInTheDocument();
  });
});

it('announces a second arrival with the same title', async () => {
  renderInbox(backend, <NotificationInbox />);
  await screen.findByTestId('list-empty');
  const sentence = 'Nueva notificación: Pedido despachado';
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(1);
  });
  act(() => {
    backend.create(notification(1, { title: 'Pedido despachado' }));
  });
  const first = await screen.findByText(sentence);
  act(() => {
    backend.create(notification(2, { title: 'Pedido despachado' }));
  });
  // A screen reader reads only elements that are inserted into the region.
  await waitFor(() => {
    expect(first).not.toBeInTheDocument();
  }, PATIENCE);
  expect(screen.getByText(sentence)).toBeInTheDocument();
});

it('marks a notification as read', async () => {
  backend.items = [notification(1)];
  renderInbox(backend, <NotificationInbox />);
  await user.click(await screen.findByRole('button', { name: 'Marcar como leída: Aviso 1' }));
  expect((await items())[0]).toHaveAttribute('data-read', 'true');
  expect(screen.getByRole('button', { name: 'Marcar como no leída: Aviso 1' })).toHaveFocus();
  await waitFor(() => {
    expect(backend.items[0]?.read_at).not.toBeNull();
  });
});

it('marks all notifications as read', async () => {
  backend.items = [notification(2), notification(1)];
  renderInbox(backend, <NotificationInbox />);
  await screen.findByText('2 sin leer');
  const button = screen.getByTestId('mark-all-read');
  await user.click(button);
  expect(await screen.findByText('Todo leído')).toBeVisible();
  await waitFor(() => {
    expect(backend.items.every(({ read_at }) => read_at !== null)).toBe(true);
  });
  // Nothing is left to mark, but the button keeps the focus.
  expect(button).toHaveFocus();
  expect(button).toHaveAttribute('aria-disabled', 'true');
  const posts = () => backend.calls.filter(({ method }) => method === 'POST').length;
  const before = posts();
  await user.keyboard('{Enter}');
  expect(posts()).toBe(before);
});

it('takes a mark back and explains why when the server refuses', async () => {
  backend.items = [notification(1)];
  renderInbox(backend, <NotificationInbox />);
  await items();
  backend.intercept = ({ method }) => (method === 'PATCH' ? { status: 403, body: {} } : undefined);
  await user.click(screen.getByTestId('mark-read'));
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'No se ha podido marcar como leída. No está permitido.',
  );
  expect((await items())[0]).toHaveAttribute('data-read', 'false');
  await user.click(screen.getByRole('button', { name: 'Cerrar aviso' }));
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

it('shows markup in a text as text', async () => {
  const title = '<img src=x onerror="window.pwned=1">';
  backend.items = [notification(1, { title, body: '<b>hola</b>' })];
  renderInbox(backend, <NotificationInbox />);
  const [item] = await items();
  expect(item).toHaveTextContent(title);
  expect(item).toHaveTextContent('<b>hola</b>');
  expect(item?.querySelector('img, b')).toBeNull();
});

it('does not offer a script as a link, but still marks the item as read', async () => {
  backend.items = [notification(1, { action_url: 'java\tscript:alert(1)' })];
  renderInbox(backend, <NotificationInbox />);
  await items();
  expect(screen.queryByRole('link')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Aviso 1' }));
  expect((await items())[0]).toHaveAttribute('data-read', 'true');
});

it('follows links within the site through the router, and marks the item as read', async () => {
  backend.items = [notification(1, { action_url: '/orders/1' })];
  const navigate = vi.fn();
  renderInbox(backend, <NotificationInbox onNavigate={navigate} />);
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  expect((await items())[0]).toHaveAttribute('data-read', 'true');
});

it('opens links to other sites in a new tab, without opener and referrer', async () => {
  backend.items = [notification(1, { action_url: 'https://example.com/a' })];
  renderInbox(backend, <NotificationInbox />);
  const link = await screen.findByRole('link');
  expect(link).toHaveAccessibleName('Aviso 1 (se abre en una pestaña nueva)');
  expect(link).toHaveAttribute('href', 'https://example.com/a');
  expect(link).toHaveAttribute('rel', 'noopener noreferrer');
  expect(link).toHaveAttribute('target', '_blank');
});

it('shows a notification without a title', async () => {
  backend.items = [notification(1, { title: '', created_at: '' })];
  renderInbox(backend, <NotificationInbox />);
  expect((await items())[0]).toHaveTextContent('Notificación sin título');
});

it('shows that the list is loading, has failed, or is empty', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let isUp = false;
  backend.intercept = async () => {
    await held;
    return isUp ? undefined : { status: 500, body: {} };
  };
  renderInbox(backend, <NotificationInbox />);
  expect(screen.getByText('Cargando tus notificaciones…')).toBeInTheDocument();
  release();
  expect(await screen.findByText('No hemos podido cargar tus notificaciones')).toBeVisible();
  isUp = true;
  await user.click(screen.getByRole('button', { name: 'Reintentar' }));
  expect(await screen.findByText('No tienes notificaciones')).toBeVisible();
});

it('loads earlier items on demand', async () => {
  backend.items = Array.from({ length: 31 }, (_, i) => notification(31 - i));
  renderInbox(backend, <NotificationInbox />);
  expect(await items()).toHaveLength(30);
  // By test id: over 30 items, a query by role takes seconds in jsdom.
  const moreButton = screen.getByTestId('load-more');
  expect(moreButton).toHaveTextContent('Ver anteriores');
  await user.click(moreButton);
  expect(await screen.findByText('Aviso 1')).toBeVisible();
  expect(screen.queryByTestId('load-more')).not.toBeInTheDocument();
});

it('shows that the session was refused, and the server’s reason only in English', async () => {
  backend.refuse = () => 'the token has expired';
  const english = renderInbox(backend, <NotificationInbox />, 'en-GB');
  expect(await screen.findByText('Reason: the token has expired')).toBeVisible();
  english.unmount();
  renderInbox(backend, [<NotificationInbox key="inbox" />, <ConnectionStatus key="state" />]);
  expect(await screen.findByText(/^Tu sesión no es válida/)).toBeVisible();
  expect(screen.queryByText(/token/)).not.toBeInTheDocument();
  expect(screen.getByTestId('connection-state')).toHaveAttribute('data-state', 'refused');
  backend.refuse = () => undefined;
  await user.click(screen.getByRole('button', { name: 'Reintentar' }));
  await isOnline();
});

it('says in its own words that it has made room for newer tabs', async () => {
  renderInbox(backend, [<NotificationInbox key="inbox" />, <ConnectionStatus key="state" />]);
  await isOnline();
  backend.sockets[0]?.emit('ended', { reason: 'too_many_connections', message: 'too many' });
  expect(await screen.findByText(/^Tienes demasiadas pestañas/)).toBeVisible();
  expect(screen.queryByText(/too many/)).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Reintentar' }));
  await isOnline();
});

it('shows that it is offline until it has reconnected', async () => {
  renderInbox(backend, [<NotificationInbox key="inbox" />, <ConnectionStatus key="state" />]);
  await isOnline();
  backend.cut();
  expect(await screen.findByText(/no te perderás nada/)).toBeVisible();
  await isOnline();
  expect(screen.queryByText(/no te perderás nada/)).not.toBeInTheDocument();
});

it('takes the focus as a panel, and closes on Escape or with the button', async () => {
  const close = vi.fn();
  renderInbox(backend, <NotificationInbox onClose={close} />);
  expect(screen.getByRole('heading', { name: 'Notificaciones' })).toHaveFocus();
  await user.keyboard('{Escape}');
  await user.click(screen.getByRole('button', { name: 'Cerrar notificaciones' }));
  expect(close).toHaveBeenCalledTimes(2);
});

it('disconnects when it is unmounted', async () => {
  const { unmount } = renderInbox(backend, <ConnectionStatus />);
  await isOnline();
  unmount();
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(0);
  });
});
