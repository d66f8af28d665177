import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { idOf, notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import { NotificationInbox } from '../panel/NotificationInbox';

const user = userEvent.setup();
const heading = () => screen.getByRole('heading', { name: 'Notificaciones' });

/** Press a button by the keyboard, and wait until it is gone. */
async function press(button: HTMLElement): Promise<void> {
  button.focus();
  await user.keyboard('{Enter}');
  await waitFor(() => {
    expect(button).not.toBeInTheDocument();
  });
}

beforeEach(async () => {
  backend.items = [notification(2), notification(1)];
  renderInbox(backend, <NotificationInbox />);
  expect(await screen.findAllByTestId('notification')).toHaveLength(2);
});

it('the focus goes from a dismissed problem to the heading', async () => {
  backend.intercept = ({ method }) => (method === 'PATCH' ? { status: 403, body: {} } : undefined);
  await user.click(screen.getByRole('button', { name: 'Archivar: Aviso 2' }));
  await press(await screen.findByRole('button', { name: 'Cerrar aviso' }));
  expect(heading()).toHaveFocus();
});

it('the focus goes from a successful retry to the heading', async () => {
  backend.drop = true;
  await user.click(screen.getByRole('button', { name: 'Archivar: Aviso 2' }));
  await screen.findByTestId('unsent');
  backend.drop = false;
  await press(screen.getByRole('button', { name: 'Reintentar' }));
  expect(heading()).toHaveFocus();
});

it('the focus stays on an item when a notice disappears', async () => {
  backend.drop = true;
  await user.click(screen.getByRole('button', { name: 'Archivar: Aviso 2' }));
  await screen.findByTestId('unsent');
  backend.drop = false;
  fireEvent.click(screen.getByRole('button', { name: 'Reintentar' }));
  await waitFor(() => {
    expect(screen.queryByTestId('unsent')).not.toBeInTheDocument();
  });
  expect(screen.getByTestId('notification')).toHaveFocus();
});

it('the focus goes from the pill with the number of arrivals to the newest one', async () => {
  const scroller = screen.getByRole('tabpanel');
  const scroll = (top: number) => {
    scroller.scrollTop = top;
    fireEvent.scroll(scroller);
  };
  scroller.scrollTo = () => {
    scroll(0);
  };
  scroll(100);
  backend.create(notification(3));
  await press(await screen.findByTestId('new-pill'));
  const [newest] = screen.getAllByTestId('notification');
  expect(newest?.dataset.id).toBe(idOf(3));
  expect(newest).toHaveFocus();
});
