import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { expect, it } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import { NotificationInbox } from './NotificationInbox';

const user = userEvent.setup();

const TABS = [
  { id: 'order', label: 'Pedidos' },
  { id: 'offer', label: 'Ofertas' },
];
const AT = '2026-01-01T00:00:00.000Z';

const tab = (name: string) => screen.getByRole('tab', { name: new RegExp(`^${name}`) });
const titles = () =>
  screen
    .queryAllByTestId('notification')
    .map((item) => within(item).getByRole('heading').textContent);

/** Forty offers, every second one read, and then two orders. */
function fillInbox() {
  const offers = Array.from({ length: 40 }, (_, n) =>
    notification(n + 1, { type: 'offer.new', ...(n % 2 && { read_at: AT, seen_at: AT }) }),
  );
  const orders = [41, 42].map((n) => notification(n, { title: `Pedido ${n}` }));
  backend.items = [...offers, ...orders].reverse();
}

it('has a tab for each category of the host, with its exact unread count', async () => {
  fillInbox();
  renderInbox(backend, <NotificationInbox tabs={TABS} />);
  await waitFor(() => {
    expect(screen.getAllByRole('tab').map(({ textContent }) => textContent)).toEqual([
      'Todas',
      'Sin leer22',
      'Pedidos2',
      'Ofertas20',
      'Archivadas',
    ]);
  });
  await user.click(tab('Pedidos'));
  await waitFor(() => {
    expect(titles()).toEqual(['Pedido 42', 'Pedido 41']);
  });
  expect((await axe.run(screen.getByTestId('inbox'))).violations).toEqual([]);
  await user.keyboard('{ArrowRight}');
  expect(tab('Ofertas')).toHaveFocus();
  await waitFor(() => {
    expect(titles()).toHaveLength(30);
  });
  await user.click(screen.getByTestId('load-more'));
  await waitFor(() => {
    expect(titles()).toHaveLength(40);
  });
});

it('updates the counts of the tabs after marks, arrivals and changes elsewhere', async () => {
  fillInbox();
  renderInbox(backend, <NotificationInbox tabs={TABS} />);
  await waitFor(() => {
    expect(tab('Ofertas')).toHaveTextContent('Ofertas20');
  });
  const [first] = screen.getAllByTestId('mark-read');
  if (first) await user.click(first);
  expect(tab('Pedidos')).toHaveTextContent('Pedidos1');
  backend.create(notification(43, { type: 'offer.new' }));
  await waitFor(() => {
    expect(tab('Ofertas')).toHaveTextContent('Ofertas21');
  });
  backend.mark(notification(1).id, { read: true }); // far below what is loaded
  await waitFor(
    () => {
      expect(tab('Ofertas')).toHaveTextContent('Ofertas20');
    },
    { timeout: 5000 },
  );
  await user.click(screen.getByTestId('mark-all-read'));
  expect(tab('Pedidos')).toHaveTextContent(/^Pedidos$/);
  expect(tab('Ofertas')).toHaveTextContent(/^Ofertas$/);
});

it('says that a category is empty, and asks for no counts without tabs', async () => {
  backend.items = [notification(1)];
  const { rerender } = renderInbox(backend, <NotificationInbox />);
  await screen.findByTestId('notification');
  expect(backend.calls.some(({ url }) => url.searchParams.has('counts'))).toBe(false);
  rerender(<NotificationInbox tabs={TABS} />);
  await user.click(tab('Ofertas'));
  expect(await screen.findByText('No tienes notificaciones')).toBeVisible();
});
