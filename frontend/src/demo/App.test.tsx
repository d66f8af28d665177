import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { backend, open, shop, signIn } from '../testing/demo';

const user = userEvent.setup();

it('shows “Pedido despachado” live after an order, and a click opens the order', async () => {
  open();
  await signIn();
  await user.click(screen.getByTestId('new-order'));
  expect(await screen.findByTestId('badge')).toHaveTextContent('1');
  await user.click(screen.getByTestId('bell'));
  await waitFor(() => {
    expect(screen.queryByTestId('badge')).not.toBeInTheDocument();
  });
  const inbox = () => within(screen.getByTestId('inbox'));
  expect(await inbox().findByText('Pedido recibido')).toBeVisible();
  for (const [state, title] of [
    ['pagado', 'Pedido pagado'],
    ['enviado', 'Pedido despachado'],
  ] as const) {
    await user.click(await screen.findByRole('button', { name: `Marcar como ${state}` }));
    expect(screen.queryByTestId('inbox')).not.toBeInTheDocument(); // a click outside closes it
    await user.click(screen.getByTestId('bell'));
    expect(await inbox().findByText(title)).toBeVisible();
  }
  expect(inbox().getByText('3 sin leer')).toBeVisible();
  await waitFor(() => {
    expect(screen.getByTestId('order')).toHaveAttribute('data-state', 'shipped');
  });
  await user.click(inbox().getByRole('link', { name: 'Pedido despachado' }));
  expect(window.location.pathname).toBe('/orders/1234');
  await waitFor(() => {
    expect(screen.getByTestId('order')).toHaveFocus();
  });
  await user.click(screen.getByTestId('bell'));
  expect(inbox().getByText('2 sin leer')).toBeVisible();
});

it('offers no next step for a delivered order', async () => {
  open();
  await signIn();
  await user.click(screen.getByTestId('new-order'));
  for (const state of ['pagado', 'enviado', 'en reparto', 'entregado']) {
    await user.click(await screen.findByRole('button', { name: `Marcar como ${state}` }));
  }
  expect(await screen.findByText('Paso 5 de 5: Entregado')).toBeVisible();
  expect(screen.queryByTestId('advance-order')).not.toBeInTheDocument();
});

it('remembers the shopper, the language and the theme across reloads', async () => {
  const { unmount } = open();
  await signIn();
  await user.click(screen.getByTestId('language-switch'));
  await user.click(screen.getByTestId('theme-switch'));
  expect(screen.getByRole('heading', { name: 'Hello, Ana' })).toBeVisible();
  unmount();
  open();
  expect(await screen.findByRole('heading', { name: 'Hello, Ana' })).toBeVisible();
  expect(document.documentElement).toHaveAttribute('lang', 'en');
  expect(document.documentElement).toHaveAttribute('data-theme', 'dark');
});

it('forgets the shopper and disconnects at sign-out', async () => {
  open();
  await signIn();
  await user.click(screen.getByTestId('sign-out'));
  expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(0);
  });
});

it('closes the inbox on Escape and returns the focus to the bell', async () => {
  open();
  await signIn();
  await user.click(screen.getByTestId('bell'));
  expect(screen.getByTestId('bell')).toHaveAttribute('aria-expanded', 'true');
  await user.keyboard('{Escape}');
  expect(screen.queryByTestId('inbox')).not.toBeInTheDocument();
  expect(screen.getByTestId('bell')).toHaveFocus();
});

it('reports that the shop does not answer, and retries on request', async () => {
  const { url } = shop;
  shop.url = backend.url;
  backend.intercept = () => ({ status: 502, body: {} });
  open();
  expect(await screen.findByText(/La tienda no responde/)).toBeVisible();
  shop.url = url;
  backend.intercept = () => ({ status: 200, body: [{ user_id: 'ana', name: 'Ana García' }] });
  await user.click(screen.getByRole('button', { name: 'Reintentar' }));
  expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
});
