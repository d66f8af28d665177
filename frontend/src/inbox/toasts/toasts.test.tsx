import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { idOf, notification } from '../../testing/notifications';
import {
  arrive,
  create,
  fakeTime,
  more,
  open,
  restoreTime,
  setVisible,
  shown,
  shows,
  wait,
} from '../../testing/toasts';

const user = userEvent.setup();

afterEach(restoreTime);

it('shows the latest three arrivals, and the number of the others', async () => {
  const openInbox = vi.fn();
  await open({ onOpen: openInbox });
  setVisible(false); // so that the toasts stay
  arrive(1, 2);
  await shows(2, 1);
  arrive(3, 4, 5);
  await shows(5, 4, 3);
  await user.click(screen.getByRole('button', { name: 'y 2 más' }));
  expect(openInbox).toHaveBeenCalledOnce();
  expect(shown()).toEqual([]);
});

it('does not show a displaced toast again', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1, 2, 3, 4, 5);
  await shows(5, 4, 3);
  for (const left of [2, 1, 0]) {
    await user.click(screen.getAllByRole('button', { name: /Cerrar/ })[0] ?? document.body);
    expect(shown()).toHaveLength(left);
  }
  arrive(6);
  await shows(6);
  expect(screen.queryByTestId('toasts-more')).not.toBeInTheDocument();
});

it('shows no toast for older items or while the inbox is open', async () => {
  backend.items = [notification(1)];
  await open({ isQuiet: true });
  arrive(2);
  await waitFor(() => {
    expect(backend.acknowledged).toHaveLength(1);
  });
  expect(shown()).toEqual([]);
});

it('shows a repeated push once', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1);
  await shows(1);
  act(() => {
    backend.push(notification(1));
  });
  await waitFor(() => {
    expect(backend.acknowledged).toHaveLength(2);
  });
  expect(shown()).toEqual([idOf(1)]);
});

it('removes the toasts of items that another device has read or archived', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1, 2, 3);
  await shows(3, 2, 1);
  backend.mark(idOf(2), { read: true });
  backend.mark(idOf(3), { archived: true });
  await shows(1);
});

it('follows the link, marks the item as read, and closes', async () => {
  const navigate = vi.fn();
  await open({ onNavigate: navigate });
  act(() => {
    backend.create(notification(1, { action_url: '/orders/1' }));
  });
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  await shows();
  await waitFor(() => {
    expect(backend.items[0]?.read_at).not.toBeNull();
  });
});

it('can be dismissed without marking the item as read', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1);
  await user.click(await screen.findByRole('button', { name: 'Cerrar aviso: Aviso 1' }));
  expect(shown()).toEqual([]);
  expect(backend.items[0]?.read_at).toBeNull();
});

it('closes by itself, but not while the pointer is on it or the page is hidden', async () => {
  await open();
  fakeTime();
  setVisible(false);
  arrive(1);
  await shows(1);
  fireEvent.pointerEnter(screen.getByTestId('toast'));
  setVisible(true);
  wait(60_000);
  fireEvent.pointerLeave(screen.getByTestId('toast'));
  wait(2_000);
  setVisible(false);
  wait(60_000);
  setVisible(true);
  wait(3_999);
  expect(shown()).toHaveLength(1);
  wait(1);
  expect(shown()).toEqual([]);
});

it('closes each toast at its own time', async () => {
  await open();
  fakeTime();
  arrive(1);
  await shows(1);
  wait(4_000);
  const toasts = screen.getByTestId('toast');
  fireEvent.pointerEnter(toasts); // so that no time passes during the wait for the arrival
  arrive(2);
  await shows(2, 1);
  fireEvent.pointerLeave(toasts);
  wait(2_000);
  expect(shown()).toEqual([idOf(2)]);
});

it('closes a later toast by itself after the one under the pointer was removed', async () => {
  await open();
  fakeTime();
  arrive(1);
  await shows(1);
  fireEvent.pointerEnter(screen.getByTestId('toast'));
  fireEvent.click(screen.getByTestId('dismiss-toast'));
  expect(shown()).toEqual([]);
  arrive(2);
  await shows(2);
  wait(6_000);
  expect(shown()).toEqual([]);
});

it('shows a burst for no longer than one toast', async () => {
  await open();
  fakeTime();
  arrive(1);
  await shows(1);
  fireEvent.pointerEnter(screen.getByTestId('toast')); // so that no time passes during the burst
  for (let n = 2; n <= 100; n += 1) arrive(n);
  await more('y 97 más');
  fireEvent.pointerLeave(screen.getAllByTestId('toast')[0] ?? document.body);
  wait(5_999);
  expect(shown()).toHaveLength(3);
  wait(1);
  expect(shown()).toEqual([]);
  arrive(101);
  await shows(101);
  await more(undefined);
});

it('does not count items read here or elsewhere', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1, 2, 3, 4, 5);
  await shows(5, 4, 3);
  backend.mark(idOf(1), { read: true });
  await more('y 1 más');
  await user.click(screen.getByRole('button', { name: 'Aviso 5' }));
  await shows(4, 3);
  backend.mark(idOf(2), { read: true });
  await more(undefined);
  backend.mark(idOf(3), { read: true });
  backend.mark(idOf(4), { read: true });
  await shows();
  arrive(6);
  await shows(6);
  await more(undefined);
});

it('does not come back when the item is marked as unread', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1);
  await shows(1);
  backend.mark(idOf(1), { read: true });
  await shows();
  backend.mark(idOf(1), { read: false });
  arrive(2);
  await shows(2);
});

it('closes when the item is superseded, even before its successor arrives', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1);
  await shows(1);
  backend.sendInboxEvent({
    at: '2030-01-01T00:00:00.000Z',
    unread_count: 1,
    unseen_count: 1,
    changed: [
      {
        id: idOf(1),
        seen_at: null,
        read_at: null,
        archived_at: null,
        superseded_by: idOf(2),
      },
    ],
  });
  await shows();
});

it('shows the image and the actions of an arrival, and closes when one is followed', async () => {
  const onNavigate = vi.fn();
  await open({ onNavigate });
  setVisible(false); // so that the toasts stay
  const actions = [{ label: 'Ver', url: '/orders/1' }];
  create(notification(1, { image_url: 'https://img.example/a', image_alt: 'Una jarra', actions }));
  await shows(1);
  expect(screen.getByRole('img', { name: 'Una jarra' })).toBeVisible();
  fireEvent.click(screen.getByRole('link', { name: 'Ver' }));
  expect(onNavigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  await shows();
});

it('closes when the shop withdraws the item', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1, 2);
  await shows(2, 1);
  backend.withdraw(idOf(1));
  await shows(2);
});

it('closes when the inbox opens, and does not come back', async () => {
  const change = await open();
  setVisible(false); // so that the toasts stay
  arrive(1);
  await shows(1);
  change({ isQuiet: true });
  expect(shown()).toEqual([]);
  change({ isQuiet: false });
  expect(shown()).toEqual([]);
});

/** Make every element match `:focus-visible`. With fake timers, none does in jsdom. */
function focusByKeyboard(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- `call` below gives the element
  const { matches } = Element.prototype;
  vi.spyOn(Element.prototype, 'matches').mockImplementation(function (this: Element, selector) {
    return selector === ':focus-visible' || matches.call(this, selector);
  });
}

it('does not take the focus, stays while focused, and passes the focus on', async () => {
  await open();
  const before = screen.getByRole('button', { name: 'Antes' });
  await user.click(before);
  fakeTime();
  const keyboard = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  arrive(1, 2);
  await shows(2, 1);
  expect(before).toHaveFocus();
  focusByKeyboard();
  await keyboard.tab();
  await keyboard.tab();
  expect(screen.getByRole('button', { name: 'Cerrar aviso: Aviso 2' })).toHaveFocus();
  wait(60_000);
  await keyboard.keyboard('{Enter}');
  expect(screen.getByRole('button', { name: 'Cerrar aviso: Aviso 1' })).toHaveFocus();
  await keyboard.keyboard('{Escape}');
  expect(shown()).toEqual([]);
  expect(before).toHaveFocus();
});

it('stays while focused by the keyboard after a press was dragged off it', async () => {
  await open();
  await user.click(screen.getByRole('button', { name: 'Antes' }));
  fakeTime();
  const keyboard = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  arrive(1);
  await shows(1);
  fireEvent.pointerDown(screen.getByTestId('toast'));
  fireEvent.pointerUp(document.body);
  focusByKeyboard();
  await keyboard.tab();
  await keyboard.tab();
  wait(60_000);
  expect(shown()).toEqual([idOf(1)]);
});

it('does not stay just because a click left the focus on it', async () => {
  await open();
  fakeTime();
  const pointer = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  arrive(1, 2);
  await shows(2, 1);
  await pointer.click(screen.getByRole('button', { name: 'Cerrar aviso: Aviso 2' }));
  fireEvent.pointerLeave(screen.getByTestId('toast'));
  expect(shown()).toEqual([idOf(1)]);
  wait(6_000);
  expect(shown()).toEqual([]);
});

it('is announced once, by the provider', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1);
  await shows(1);
  expect(
    screen.getByTestId('toasts').closest('[aria-live], [role=status], [role=alert]'),
  ).toBeNull();
  expect(screen.getByTestId('toasts').querySelector('[aria-live], [role]')).toBeNull();
  expect(await screen.findAllByText('Nueva notificación: Aviso 1')).toHaveLength(1);
});

it.each(['es', 'en'])('has no axe violations, in %s', async (locale) => {
  await open({}, locale);
  setVisible(false); // so that the toasts stay
  arrive(1, 2, 3, 4);
  await shows(4, 3, 2);
  // Contrast needs a layout, which jsdom lacks.
  const rules = { 'color-contrast': { enabled: false } };
  const { violations } = await axe.run(screen.getByTestId('toasts'), { rules });
  expect(violations).toEqual([]);
});
