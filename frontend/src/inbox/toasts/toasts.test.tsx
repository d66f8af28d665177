import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backend } from '../../testing/backend';
import { idOf, notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { NotificationToasts } from './NotificationToasts';

let backend: Backend;
const user = userEvent.setup();

beforeEach(async () => {
  backend = await Backend.start();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await backend.stop();
});

const shown = () => screen.queryAllByTestId('toast').map(({ dataset }) => dataset.id);
const shows = (...ns: number[]) => expect.poll(shown, { timeout: 10_000 }).toEqual(ns.map(idOf));
const more = (text: string | undefined) =>
  expect
    .poll(() => screen.queryByTestId('toasts-more')?.textContent, { timeout: 10_000 })
    .toBe(text);

async function open(props: Parameters<typeof NotificationToasts>[0] = {}, locale = 'es') {
  const content = (changed: typeof props) => [
    <button key="before" type="button">
      Antes
    </button>,
    <NotificationToasts key="toasts" {...props} {...changed} />,
    <ConnectionStatus key="state" />,
  ];
  const { rerender } = renderInbox(backend, content({}), locale);
  await waitFor(() => {
    expect(screen.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
    expect(backend.calls.length).toBeGreaterThanOrEqual(2);
  });
  return (changed: typeof props) => {
    rerender(content(changed));
  };
}

/** From before the arrival on, only the toasts' own time stands still. */
function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  // What arrives is awaited outside `act`; and user-event only knows this one to move its time by.
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false);
  vi.stubGlobal('jest', { advanceTimersByTime: (by: number) => vi.advanceTimersByTime(by) });
}
const look = (isVisible: boolean) => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(!isVisible);
  fireEvent(document, new Event('visibilitychange'));
};
const wait = (milliseconds: number) => {
  act(() => {
    vi.advanceTimersByTime(milliseconds);
  });
};

const arrive = (...ns: number[]) => {
  act(() => {
    backend.create(...ns.map((n) => notification(n)));
  });
};

it('shows the latest three, and how many more there are', async () => {
  const openInbox = vi.fn();
  await open({ onOpen: openInbox });
  look(false); // its time does not pass
  arrive(1, 2);
  await shows(2, 1);
  arrive(3, 4, 5);
  await shows(5, 4, 3);
  await user.click(screen.getByRole('button', { name: 'y 2 más' }));
  expect(openInbox).toHaveBeenCalledOnce();
  expect(shown()).toEqual([]);
});

it('lets what has given way rest in the inbox', async () => {
  await open();
  look(false); // its time does not pass
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

it('shows nothing of what was there, and nothing while the inbox is open', async () => {
  backend.items = [notification(1)];
  await open({ isQuiet: true });
  arrive(2);
  await waitFor(() => {
    expect(backend.acknowledged).toHaveLength(1);
  });
  expect(shown()).toEqual([]);
});

it('shows a repeat once', async () => {
  await open();
  look(false); // its time does not pass
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

it('takes away what another device has read or archived', async () => {
  await open();
  look(false); // its time does not pass
  arrive(1, 2, 3);
  await shows(3, 2, 1);
  backend.mark(idOf(2), { read: true });
  backend.mark(idOf(3), { archived: true });
  await shows(1);
});

it('follows the link, reads, and is gone', async () => {
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

it('can be dismissed, which reads nothing', async () => {
  await open();
  look(false); // its time does not pass
  arrive(1);
  await user.click(await screen.findByRole('button', { name: 'Cerrar el aviso: Aviso 1' }));
  expect(shown()).toEqual([]);
  expect(backend.items[0]?.read_at).toBeNull();
});

it('goes by itself, but not while the pointer is there or the page out of sight', async () => {
  await open();
  fakeTime();
  look(false);
  arrive(1);
  await shows(1);
  fireEvent.pointerEnter(screen.getByTestId('toast'));
  look(true);
  wait(60_000);
  fireEvent.pointerLeave(screen.getByTestId('toast'));
  wait(2_000);
  look(false);
  wait(60_000);
  look(true);
  wait(3_999);
  expect(shown()).toHaveLength(1);
  wait(1);
  expect(shown()).toEqual([]);
});

it('goes when its own time is, and no sooner', async () => {
  await open();
  fakeTime();
  look(false);
  arrive(1);
  await shows(1);
  look(true);
  wait(4_000);
  look(false);
  arrive(2);
  await shows(2, 1);
  look(true);
  wait(2_000);
  expect(shown()).toEqual([idOf(2)]);
});

it('goes by itself after the pointer was on one that is gone', async () => {
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

it('is over with a burst when the time of one is', async () => {
  await open();
  fakeTime();
  look(false);
  for (let n = 1; n <= 100; n += 1) arrive(n);
  await more('y 97 más');
  look(true);
  wait(5_999);
  expect(shown()).toHaveLength(3);
  wait(1);
  expect(shown()).toEqual([]);
  arrive(101);
  await shows(101);
  await more(undefined);
});

it('does not count what has been read, here or elsewhere', async () => {
  await open();
  look(false); // its time does not pass
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

it('does not come back when it is unread again', async () => {
  await open();
  look(false); // its time does not pass
  arrive(1);
  await shows(1);
  backend.mark(idOf(1), { read: true });
  await shows();
  backend.mark(idOf(1), { read: false });
  arrive(2);
  await shows(2);
});

it('makes way for what supersedes it, before that is here', async () => {
  await open();
  look(false); // its time does not pass
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

it('is gone once the inbox is opened, and does not come back', async () => {
  const change = await open();
  look(false); // its time does not pass
  arrive(1);
  await shows(1);
  change({ isQuiet: true });
  expect(shown()).toEqual([]);
  change({ isQuiet: false });
  expect(shown()).toEqual([]);
});

it('takes no focus, waits while it has it, and gives it on and back', async () => {
  await open();
  const before = screen.getByRole('button', { name: 'Antes' });
  await user.click(before);
  fakeTime();
  const keyboard = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  arrive(1, 2);
  await shows(2, 1);
  expect(before).toHaveFocus();
  await keyboard.tab();
  await keyboard.tab();
  expect(screen.getByRole('button', { name: 'Cerrar el aviso: Aviso 2' })).toHaveFocus();
  wait(60_000);
  await keyboard.keyboard('{Enter}');
  expect(screen.getByRole('button', { name: 'Cerrar el aviso: Aviso 1' })).toHaveFocus();
  await keyboard.keyboard('{Escape}');
  expect(shown()).toEqual([]);
  expect(before).toHaveFocus();
});

it('does not wait for a focus that a click has left on it', async () => {
  await open();
  fakeTime();
  const pointer = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  arrive(1, 2);
  await shows(2, 1);
  await pointer.click(screen.getByRole('button', { name: 'Cerrar el aviso: Aviso 2' }));
  fireEvent.pointerLeave(screen.getByTestId('toast'));
  expect(shown()).toEqual([idOf(1)]);
  wait(6_000);
  expect(shown()).toEqual([]);
});

it('leaves the announcing to the provider: a screen reader hears it once', async () => {
  await open();
  look(false); // its time does not pass
  arrive(1);
  await shows(1);
  expect(
    screen.getByTestId('toasts').closest('[aria-live], [role=status], [role=alert]'),
  ).toBeNull();
  expect(screen.getByTestId('toasts').querySelector('[aria-live], [role]')).toBeNull();
  expect(await screen.findAllByText('Nueva notificación: Aviso 1')).toHaveLength(1);
});

it.each(['es', 'en'])('has nothing that axe finds, in %s', async (locale) => {
  await open({}, locale);
  look(false); // its time does not pass
  arrive(1, 2, 3, 4);
  await shows(4, 3, 2);
  // Contrast wants a layout, which jsdom lacks.
  const rules = { 'color-contrast': { enabled: false } };
  const { violations } = await axe.run(screen.getByTestId('toasts'), { rules });
  expect(violations).toEqual([]);
});
