import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { idOf, notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import type { Notification } from '../domain/notification';
import { NotificationInbox } from '../panel/NotificationInbox';
import { UndoBar } from './UndoBar';

const AT = '2026-01-01T00:00:00.000Z';
const read = { read_at: AT, seen_at: AT };

const user = userEvent.setup();

afterEach(() => {
  vi.useRealTimers();
});

const item = (n: number) =>
  screen.getAllByTestId('notification').find(({ dataset }) => dataset.id === idOf(n));
const shown = () => screen.queryAllByTestId('notification').map(({ dataset }) => dataset.id ?? '');
const shows = (...ns: number[]) =>
  waitFor(() => {
    expect(shown()).toEqual(ns.map(idOf));
  });
const numbers = (...ns: number[]): Notification[] => ns.map((n) => notification(n));

describe('filters', () => {
  it('show the unread and the archived items, or a text if there are none', async () => {
    backend.items = [notification(3), notification(2, read), notification(1, { archived_at: AT })];
    renderInbox(backend, <NotificationInbox />);
    await shows(3, 2);
    expect(screen.getByRole('tab', { selected: true })).toHaveTextContent('Todas');
    await user.click(screen.getByRole('tab', { name: /Sin leer/ }));
    await shows(3);
    await user.click(screen.getByTestId('mark-read'));
    expect(await screen.findByText('No tienes notificaciones sin leer')).toBeVisible();
    await user.click(screen.getByTestId('filter-archived'));
    await shows(1);
    await user.click(screen.getByTestId('unarchive'));
    expect(await screen.findByText('No tienes notificaciones archivadas')).toBeVisible();
  });

  it('switch by the arrow keys', async () => {
    renderInbox(backend, <NotificationInbox />);
    screen.getByTestId('filter-all').focus();
    await user.keyboard('{ArrowRight}');
    expect(screen.getByTestId('filter-unread')).toHaveFocus();
    await user.keyboard('{ArrowLeft}{ArrowLeft}');
    expect(screen.getByTestId('filter-archived')).toHaveFocus();
    expect(screen.getByTestId('filter-archived')).toHaveAttribute('aria-selected', 'true');
  });
});

describe('archiving', () => {
  it('can be undone, and then the focus returns to the item', async () => {
    backend.items = numbers(2, 1);
    renderInbox(backend, <NotificationInbox />);
    await shows(2, 1);
    await user.click(screen.getByRole('button', { name: 'Archivar: Aviso 2' }));
    await shows(1);
    expect(item(1)).toHaveFocus();
    await user.click(screen.getByRole('button', { name: 'Deshacer' }));
    await shows(2, 1);
    expect(item(2)).toHaveFocus();
    await waitFor(() => {
      expect(backend.calls.filter(({ method }) => method === 'PATCH')).toHaveLength(2);
    });
    expect(backend.items[0]?.archived_at).toBeNull();
    expect(screen.queryByTestId('undo')).not.toBeInTheDocument();
  });

  it('offers undo for only 8 s, even if notifications arrive meanwhile', async () => {
    backend.items = numbers(2, 1);
    renderInbox(backend, <NotificationInbox />);
    await shows(2, 1);
    const begun = vi.spyOn(globalThis, 'setTimeout');
    await user.click(screen.getByRole('button', { name: 'Archivar: Aviso 2' }));
    backend.create(notification(3));
    await shows(3, 1);
    expect(begun.mock.calls.filter(([, delay]) => delay === 8_000)).toHaveLength(1);
    begun.mockRestore();
  });

  it('moves the focus to the heading when the list becomes empty', async () => {
    backend.items = numbers(1);
    renderInbox(backend, <NotificationInbox />);
    await shows(1);
    await user.click(screen.getByTestId('archive'));
    expect(await screen.findByText('No tienes notificaciones')).toBeVisible();
    expect(screen.getByRole('heading', { name: 'Notificaciones' })).toHaveFocus();
  });

  it('offers undo for 8 s, or longer while the pointer is on the bar', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const setItem = vi.fn();
    const undo = <UndoBar item={notification(1)} setItem={setItem} onUndo={vi.fn()} />;
    const { unmount } = renderInbox(backend, undo);
    const bar = screen.getByText('Archivada: Aviso 1');
    fireEvent.pointerEnter(bar);
    vi.advanceTimersByTime(30_000);
    expect(setItem).not.toHaveBeenCalled();
    fireEvent.pointerLeave(bar);
    vi.advanceTimersByTime(7_999);
    expect(setItem).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(setItem).toHaveBeenCalledExactlyOnceWith(undefined);
    unmount();
  });

  it('offers undo for 8 s after both the pointer and the focus have left the bar', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const setItem = vi.fn();
    const undo = <UndoBar item={notification(1)} setItem={setItem} onUndo={vi.fn()} />;
    const { unmount } = renderInbox(backend, undo);
    const bar = screen.getByText('Archivada: Aviso 1');
    const button = screen.getByTestId('undo');
    fireEvent.focus(button);
    fireEvent.pointerEnter(bar);
    fireEvent.pointerLeave(bar);
    vi.advanceTimersByTime(30_000);
    fireEvent.pointerEnter(bar);
    fireEvent.blur(button);
    vi.advanceTimersByTime(30_000);
    expect(setItem).not.toHaveBeenCalled();
    fireEvent.pointerLeave(bar);
    vi.advanceTimersByTime(8_000);
    expect(setItem).toHaveBeenCalledExactlyOnceWith(undefined);
    unmount();
  });

  it('offers undo for 8 s after an earlier bar was removed under the pointer', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const setItem = vi.fn();
    const undo = (item: Notification | undefined) => (
      <UndoBar item={item} setItem={setItem} onUndo={vi.fn()} />
    );
    const { rerender, unmount } = renderInbox(backend, undo(notification(1)));
    fireEvent.pointerEnter(screen.getByText('Archivada: Aviso 1'));
    rerender(undo(undefined));
    rerender(undo(notification(2)));
    vi.advanceTimersByTime(8_000);
    expect(setItem).toHaveBeenCalledOnce();
    unmount();
  });
});

describe('the keyboard', () => {
  it('reaches the list as one tab stop, and moves with the arrows, Home and End', async () => {
    backend.items = numbers(3, 2, 1);
    renderInbox(backend, <NotificationInbox />);
    await shows(3, 2, 1);
    expect(screen.getAllByTestId('notification').map(({ tabIndex }) => tabIndex)).toEqual([
      0, -1, -1,
    ]);
    item(3)?.focus();
    for (const [key, n] of [
      ['{ArrowDown}', 2],
      ['{End}', 1],
      ['{ArrowDown}', 1],
      ['{Home}', 3],
      ['{ArrowUp}', 3],
    ] as const) {
      await user.keyboard(key);
      expect(item(n)).toHaveFocus();
    }
    await user.keyboard('{End}{Tab}');
    expect(screen.getByRole('button', { name: 'Aviso 1' })).toHaveFocus();
  });

  it('marks as read or unread with U, archives with E, opens with Enter', async () => {
    backend.items = [notification(2), notification(1, { action_url: '/orders/1' })];
    const navigate = vi.fn();
    renderInbox(backend, <NotificationInbox onNavigate={navigate} />);
    await shows(2, 1);
    item(2)?.focus();
    await user.keyboard('u');
    expect(item(2)).toHaveAttribute('data-read', 'true');
    await user.keyboard('u');
    expect(item(2)).toHaveAttribute('data-read', 'false');
    await user.keyboard('e');
    await shows(1);
    await user.keyboard('{Enter}');
    expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
    expect(item(1)).toHaveAttribute('data-read', 'true');
  });

  it('keeps the focus on an item when its focused button disappears', async () => {
    backend.items = numbers(2, 1);
    renderInbox(backend, <NotificationInbox />);
    await shows(2, 1);
    item(2)?.focus();
    await user.keyboard('{Tab}{Enter}');
    expect(item(2)).toHaveAttribute('data-read', 'true');
    expect(item(2)).toHaveFocus();
  });

  it('does nothing unless an item has the focus', async () => {
    backend.items = Array.from({ length: 31 }, (_, n) => notification(31 - n));
    renderInbox(backend, <NotificationInbox />);
    (await screen.findByTestId('load-more')).focus();
    await user.keyboard('e');
    expect(shown()).toHaveLength(30);
    expect(backend.items[0]?.archived_at).toBeNull();
  });

  it('moves the focus to the next item when the focused one leaves the list', async () => {
    backend.items = numbers(3, 2, 1);
    renderInbox(backend, <NotificationInbox />);
    await user.click(screen.getByTestId('filter-unread'));
    await shows(3, 2, 1);
    item(2)?.focus();
    await user.keyboard('u');
    await shows(3, 1);
    expect(item(1)).toHaveFocus();
    backend.withdraw(idOf(1));
    await shows(3);
    expect(item(3)).toHaveFocus();
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

it('groups items by day', async () => {
  const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  backend.items = [3, 2, 1].map((n) => notification(n, { created_at: at([9, 1, 0][n - 1] ?? 0) }));
  renderInbox(backend, <NotificationInbox />);
  await shows(3, 2, 1);
  const days = screen.getAllByTestId('day').map(({ textContent }) => textContent);
  expect(days.slice(0, 2)).toEqual(['hoy', 'ayer']);
  expect(days[2]).toMatch(/ de /);
});

it('shows how many actions are unsent', async () => {
  backend.items = numbers(2, 1);
  renderInbox(backend, <NotificationInbox />);
  await shows(2, 1);
  backend.drop = true;
  await user.click(screen.getByRole('button', { name: 'Archivar: Aviso 2' }));
  expect(await screen.findByTestId('unsent')).toHaveTextContent('sin guardar');
  expect(shown()).toEqual([idOf(1)]);
  backend.drop = false;
  await user.click(screen.getByRole('button', { name: 'Reintentar' }));
  await waitFor(() => {
    expect(screen.queryByTestId('unsent')).not.toBeInTheDocument();
  });
  expect(backend.items[0]?.archived_at).not.toBeNull();
});

it('removes characters that would reorder the text', async () => {
  backend.items = [notification(1, { title: 'factura\u202efdp.exe', body: '\u2066a\u0000b' })];
  renderInbox(backend, <NotificationInbox />);
  await shows(1);
  expect(screen.getByText('facturafdp.exe')).toBeVisible();
  expect(screen.getByText('ab')).toBeVisible();
});

describe('a row', () => {
  it('is marked as unread by one dot, unless it is archived', async () => {
    backend.items = [notification(3), notification(2, read), notification(1, { archived_at: AT })];
    renderInbox(backend, <NotificationInbox />);
    await shows(3, 2);
    expect(screen.getAllByTestId('unread-dot')).toHaveLength(1);
    expect(item(3)).toHaveAccessibleDescription('Sin leer');
    expect(item(2)).not.toHaveTextContent('Sin leer');
    await user.click(screen.getByTestId('filter-archived'));
    await shows(1);
    expect(item(1)).not.toHaveTextContent('Sin leer');
    expect(item(1)).not.toHaveAccessibleDescription();
    expect(item(1)).toHaveAttribute('aria-keyshortcuts', 'Enter E');
    item(1)?.focus();
    await user.keyboard('u');
    expect(backend.items[2]?.read_at).toBeNull();
  });

  it('has an icon by category, and a tone and a word by severity', async () => {
    const types = ['order.paid', 'payment.failed', 'delivery.late', 'shipment', 'offer.new'];
    types.push('review.asked', 'account.login', 'security.login', 'other.thing', 'constructor');
    backend.items = types.map((type, index) => notification(20 - index, { type }));
    backend.items[1] = notification(19, { type: 'payment.failed', severity: 'critical' });
    renderInbox(backend, <NotificationInbox />);
    await waitFor(() => {
      expect(shown()).toHaveLength(types.length);
    });
    const emblems = screen.getAllByTestId('emblem');
    const paths = emblems.map((emblem) => emblem.querySelector('path')?.getAttribute('d'));
    expect(new Set(paths).size).toBe(7);
    expect([paths[2], paths[6], paths[8]]).toEqual([paths[3], paths[7], paths[9]]);
    expect(emblems[1]).toHaveAttribute('data-severity', 'critical');
    expect(emblems.map(({ textContent }) => textContent).join('')).toBe('Urgente. ');
  });

  it('offers to unfold a text only if it is cut', async () => {
    vi.stubGlobal('ResizeObserver', EagerResizeObserver);
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(60);
    vi.spyOn(Element.prototype, 'scrollHeight', 'get').mockImplementation(function (this: Element) {
      return this.textContent.length;
    });
    backend.items = [notification(2, { body: 'x'.repeat(300) }), notification(1, { title: '' })];
    renderInbox(backend, <NotificationInbox />);
    await shows(2, 1);
    const unfold = await screen.findByRole('button', { name: 'Ver más' });
    expect(item(2)).toContainElement(unfold);
    expect(unfold).toHaveAccessibleDescription('Aviso 2');
    await user.click(unfold);
    expect(item(2)).toHaveAttribute('data-unfolded');
    await user.click(screen.getByRole('button', { name: 'Ver menos', expanded: true }));
    expect(item(2)).not.toHaveAttribute('data-unfolded');
    expect(screen.getByRole('button', { name: 'Ver más', expanded: false })).toHaveFocus();
    vi.unstubAllGlobals();
  });

  it('says that the host has no page for its link, and stays unread', async () => {
    backend.items = [notification(1, { action_url: '/nowhere' })];
    renderInbox(backend, <NotificationInbox onNavigate={() => false} />);
    await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
    expect(screen.getByRole('alert')).toHaveTextContent('Esta página ya no está disponible.');
    expect(screen.queryByRole('link')).not.toBeInTheDocument();
    expect(item(1)).toHaveFocus(); // the link, which had the focus, is gone
    expect(item(1)).toHaveAttribute('data-read', 'false');
  });
});

/** Calls back once, soon after `observe`, as a browser does. */
class EagerResizeObserver {
  readonly #onResize: () => void;

  constructor(onResize: () => void) {
    this.#onResize = onResize;
  }

  observe() {
    setTimeout(this.#onResize);
  }

  disconnect() {
    // It observes nothing.
  }
}
