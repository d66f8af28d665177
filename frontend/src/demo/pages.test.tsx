import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { notification } from '../testing/notifications';
import { backend, open, shop, signIn, speak } from '../testing/demo';

const user = userEvent.setup();

const show = async (path: string) => {
  window.history.replaceState(null, '', path);
  open();
  await signIn();
};

it.each([
  ['/nowhere', 'No encontramos esta página'],
  ['/orders/1234/nowhere', 'No encontramos esta página'],
  ['/orders/99999999', 'No encontramos el pedido 99999999'],
  ['/orders/99999999/payment', 'No encontramos el pedido 99999999'],
  ['/offers', 'Tazas Alba con un 20 % de descuento'],
  ['/account/security/', '¿Has sido tú?'],
])('%s has a text and a way back', async (path, title) => {
  await show(path);
  expect(await screen.findByRole('heading', { name: title })).toHaveFocus();
  await user.click(screen.getByRole('link', { name: 'Volver a la tienda' }));
  expect(window.location.pathname).toBe('/');
  expect(screen.getByTestId('new-order')).toBeVisible();
});

it('pays an order whose payment has failed, and takes a review', async () => {
  await show('/');
  await user.click(screen.getByTestId('new-order'));
  await user.click(await screen.findByTestId('send-payment_failed'));
  await user.click(screen.getByTestId('bell'));
  const inbox = () => within(screen.getByTestId('inbox'));
  await user.click(await inbox().findByRole('link', { name: /No hemos podido cobrar/ }));
  expect(window.location.pathname).toBe('/orders/1234/payment');
  await user.click(await screen.findByRole('button', { name: /^Pagar 49,90\s€$/ }));
  expect(await screen.findByText(/ya está pagado/)).toBeVisible();
  backend.create(notification(2000, { title: 'Opina', action_url: '/orders/1234/review' }));
  await user.click(screen.getByTestId('bell'));
  await user.click(await inbox().findByRole('link', { name: 'Opina' }));
  await user.click(screen.getByRole('button', { name: '4 estrellas' }));
  expect(screen.getByText('¡Gracias por tu opinión!')).toBeVisible();
});

it('writes texts, money and dates in English for a shopper who speaks it', async () => {
  speak('en-GB', 'en');
  await show('/');
  expect(screen.getByText('€49.90')).toBeVisible();
  await user.click(screen.getByTestId('new-order'));
  await user.click(await screen.findByRole('button', { name: 'Mark as paid' }));
  await user.click(screen.getByTestId('bell'));
  const inbox = within(screen.getByTestId('inbox'));
  expect(await inbox.findByText('Payment received')).toBeVisible();
  await waitFor(() => {
    expect(screen.getByTestId('order')).toHaveAttribute('data-state', 'paid');
  });
});

it('says that the page of a notification is gone', async () => {
  await show('/');
  backend.create(notification(2000, { title: 'Rebajas de ayer', action_url: '/sales/2019' }));
  await user.click(screen.getByTestId('bell'));
  await user.click(await screen.findByRole('link', { name: 'Rebajas de ayer' }));
  expect(window.location.pathname).toBe('/');
  const inbox = within(screen.getByTestId('inbox'));
  expect(inbox.getByRole('alert')).toHaveTextContent('Esta página ya no está disponible.');
});

it('tells the shop which order the shopper opens, so that its notifications count as read', async () => {
  await show('/');
  await user.click(screen.getByTestId('new-order'));
  await screen.findByTestId('order');
  expect(shop.opened).toEqual([]);
  await user.click(screen.getByRole('link', { name: 'Pedido 1234' }));
  expect(window.location.pathname).toBe('/orders/1234');
  await waitFor(() => {
    expect(shop.opened).toContain('1234');
  });
});

it('has tabs for the categories that matter most', async () => {
  await show('/');
  await user.click(screen.getByTestId('bell'));
  const tabs = await screen.findAllByRole('tab');
  expect(tabs.map(({ textContent }) => textContent)).toEqual([
    'Todas',
    'Sin leer',
    'Pedidos',
    'Pagos',
    'Ofertas',
    'Archivadas',
  ]);
});
