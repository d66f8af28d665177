import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
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

const critical = (n: number) =>
  notification(n, { type: 'payment.failed', severity: 'critical', title: `Urge ${n}` });
it('stays until it is dismissed if it is critical, and is announced immediately, but only once', async () => {
  await open();
  fakeTime();
  create(critical(1));
  await shows(1);
  wait(0);
  expect(screen.getByRole('alert')).toHaveTextContent('Nueva notificación: Urge 1');
  create(notification(2));
  await shows(2, 1);
  wait(600_000);
  expect(shown()).toEqual([idOf(1)]);
  expect(screen.getAllByText(/^Nueva notificación: Urge 1$/)).toHaveLength(1);
  expect(screen.getByText('Nueva notificación: Aviso 2').closest('[role]')).toHaveAttribute(
    'role',
    'status',
  );
  fireEvent.click(screen.getByTestId('dismiss-toast'));
  expect(shown()).toEqual([]);
});

it('shows critical ones in turn if there are too many, and displaces the others', async () => {
  await open();
  setVisible(false); // so that the toasts stay
  create(notification(1), critical(2), critical(3), critical(4), critical(5), notification(6));
  await shows(5, 4, 3);
  await more('y 3 más');
  await user.click(screen.getAllByRole('button', { name: /Cerrar/ })[0] ?? document.body);
  await shows(4, 3, 2);
  await more('y 2 más');
});

it('shows one at a time on a phone', async () => {
  vi.stubGlobal('innerWidth', 390);
  await open();
  setVisible(false); // so that the toasts stay
  arrive(1, 2);
  await shows(2);
  await more('y 1 más');
  arrive(3);
  await shows(3);
  await more('y 2 más');
});

const drag = (x: number, y: number) => {
  const toast = screen.getByTestId('toast');
  const at = (clientX: number, clientY: number) => ({ clientX, clientY, button: 0, buttons: 1 });
  fireEvent.pointerDown(toast, at(100, 50));
  fireEvent.pointerMove(toast, at(100 + x, 50 + y));
  fireEvent.pointerUp(toast, at(100 + x, 50 + y));
  fireEvent.click(within(toast).getByRole('link'));
};

it('is swiped away to either side or up, without a click; a shorter swipe does nothing', async () => {
  const navigate = vi.fn();
  await open({ onNavigate: navigate });
  setVisible(false); // so that the toasts stay
  const link = (n: number) => notification(n, { action_url: '/orders/1' });
  for (const [n, x, y] of [
    [1, 80, 0],
    [2, -80, 5],
    [3, 5, -80],
  ] as const) {
    create(link(n));
    await shows(n);
    drag(x, y);
    expect(shown()).toEqual([]);
  }
  create(link(4));
  await shows(4);
  drag(30, 0);
  drag(0, 80);
  expect(shown()).toEqual([idOf(4)]);
  expect(navigate).not.toHaveBeenCalled();
  drag(1, 1);
  expect(navigate).toHaveBeenCalledOnce();
});

it('says that the host has no page for its link', async () => {
  await open({ onNavigate: () => false });
  setVisible(false); // so that the toasts stay
  create(notification(1, { action_url: '/nowhere' }));
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  expect(screen.getByRole('alert')).toHaveTextContent('Esta página ya no está disponible.');
  expect(screen.queryByRole('link')).not.toBeInTheDocument();
  expect(screen.getByTestId('toast')).toHaveFocus(); // the link, which had the focus, is gone
});
