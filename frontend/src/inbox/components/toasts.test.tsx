import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backend } from '../../testing/backend';
import { idOf, notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import { ConnectionStatus } from './ConnectionStatus';
import { NotificationToasts } from './NotificationToasts';

let backend: Backend;
const user = userEvent.setup();

beforeEach(async () => {
  backend = await Backend.start();
});

afterEach(async () => {
  vi.useRealTimers();
  await backend.stop();
});

const shown = () => screen.queryAllByTestId('toast').map(({ dataset }) => dataset.id);
const shows = (...ns: number[]) =>
  waitFor(() => {
    expect(shown()).toEqual(ns.map(idOf));
  });

async function open(props: Parameters<typeof NotificationToasts>[0] = {}) {
  renderInbox(backend, [
    <NotificationToasts key="toasts" {...props} />,
    <ConnectionStatus key="state" />,
  ]);
  await waitFor(() => {
    expect(screen.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
    expect(backend.calls.length).toBeGreaterThanOrEqual(2);
  });
}

const arrive = (...ns: number[]) => {
  act(() => {
    backend.create(...ns.map((n) => notification(n)));
  });
};

it('shows the latest three, and how many more there are', async () => {
  const openInbox = vi.fn();
  await open({ onOpen: openInbox });
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
  arrive(1);
  await user.click(await screen.findByRole('button', { name: 'Cerrar el aviso: Aviso 1' }));
  expect(shown()).toEqual([]);
  expect(backend.items[0]?.read_at).toBeNull();
});

it('goes by itself, but not while the pointer is there or the page out of sight', async () => {
  await open();
  arrive(1);
  await shows(1);
  const toast = screen.getByTestId('toast');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const wait = (milliseconds: number) => {
    act(() => {
      vi.advanceTimersByTime(milliseconds);
    });
  };
  fireEvent.pointerEnter(toast);
  wait(60_000);
  expect(shown()).toHaveLength(1);
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  fireEvent(document, new Event('visibilitychange'));
  fireEvent.pointerLeave(toast);
  wait(60_000);
  expect(shown()).toHaveLength(1);
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(false);
  fireEvent(document, new Event('visibilitychange'));
  wait(5_999);
  expect(shown()).toHaveLength(1);
  wait(1);
  expect(shown()).toEqual([]);
});
