import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { idOf, notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import { NotificationInbox } from '../panel/NotificationInbox';
import type { InboxLooks } from '../hooks/looks';

const user = userEvent.setup();
const IMAGE = 'https://img.example/jarra.jpg';
const ACTIONS = [
  { label: 'Seguir el pedido', url: '/orders/1' },
  { label: 'Ayuda', url: 'https://help.example/' },
];
const row = async (n = 1) => {
  const rows = await screen.findAllByTestId('notification');
  const found = rows.find(({ dataset }) => dataset.id === idOf(n));
  if (!found) throw new Error(`no item ${n}`);
  return found;
};

beforeEach(() => {
  backend.items = [
    notification(2),
    notification(1, { image_url: IMAGE, image_alt: 'Una jarra azul', actions: ACTIONS }),
  ];
});

it('shows the image in a fixed box, and the icon if it does not load', async () => {
  renderInbox(backend, <NotificationInbox />);
  const image = within(await row()).getByRole('img', { name: 'Una jarra azul' });
  expect(image).toHaveAttribute('src', IMAGE);
  for (const [name, value] of [
    ['width', '36'],
    ['height', '36'],
    ['loading', 'lazy'],
    ['decoding', 'async'],
    ['referrerpolicy', 'no-referrer'],
  ] as const)
    expect(image).toHaveAttribute(name, value);
  fireEvent.error(image);
  expect(within(await row()).queryByRole('img')).toBeNull();
  expect(
    within(await row())
      .getByTestId('emblem')
      .querySelector('svg'),
  ).not.toBeNull();
});

it('shows only images with an https address', async () => {
  const links = [
    'http://img.example/a',
    'data:image/png;base64,x',
    'javascript:alert(1)',
    '/a.png',
  ];
  backend.items = links.map((image_url, n) => notification(n + 1, { image_url }));
  renderInbox(backend, <NotificationInbox />);
  await row(4);
  expect(screen.queryByRole('img')).toBeNull();
});

it('follows the link of an action, and marks the notification as read', async () => {
  const navigate = vi.fn();
  renderInbox(backend, <NotificationInbox onNavigate={navigate} />);
  const link = within(await row()).getByRole('link', { name: 'Seguir el pedido' });
  await user.click(link);
  expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  await waitFor(async () => {
    expect(await row()).toHaveAttribute('data-read', 'true');
  });
  const help = within(await row()).getByRole('link', { name: /^Ayuda/ });
  expect(help).toHaveAttribute('target', '_blank');
  expect(help).toHaveAttribute('rel', 'noopener noreferrer');
});

it('says that an action leads nowhere, and keeps the notification unread', async () => {
  renderInbox(backend, <NotificationInbox onNavigate={() => false} />);
  await user.click(within(await row()).getByRole('link', { name: 'Seguir el pedido' }));
  expect(within(await row()).getByRole('alert')).toHaveTextContent(/página/);
  expect(within(await row()).queryByRole('link', { name: 'Seguir el pedido' })).toBeNull();
  expect(await row()).toHaveAttribute('data-read', 'false');
  expect(await row()).toHaveFocus();
});

it('makes actions tab stops in the current item only, and leaves out unsafe links', async () => {
  backend.items = [
    notification(2, { actions: [{ label: 'Nada', url: 'javascript:alert(1)' }] }),
    notification(1, { actions: ACTIONS }),
  ];
  renderInbox(backend, <NotificationInbox />);
  expect(within(await row(2)).queryByText('Nada')).toBeNull();
  const link = within(await row(1)).getByRole('link', { name: 'Seguir el pedido' });
  expect(link).toHaveAttribute('tabindex', '-1');
  (await row(2)).focus();
  await user.keyboard('{ArrowDown}');
  expect(link).toHaveAttribute('tabindex', '0');
});

const OWN: InboxLooks = {
  renderItem: (item, { isUnread, isCurrent, markRead }) => (
    <button data-cover tabIndex={isCurrent ? 0 : -1} onClick={markRead}>
      {isUnread ? 'nuevo' : 'visto'}: {item.title}
    </button>
  ),
};

it('lets the host render the items, and still handles the keys and the focus', async () => {
  renderInbox(backend, <NotificationInbox {...OWN} />);
  expect(await row()).toHaveAccessibleName('Aviso 1');
  expect(await row()).toHaveTextContent(/^nuevo: Aviso 1$/);
  (await row(2)).focus();
  await user.keyboard('{ArrowDown}{Enter}');
  expect(await screen.findByText('visto: Aviso 1')).toBeVisible();
  expect(await row()).toHaveFocus();
  await user.keyboard('e');
  await waitFor(async () => {
    expect(await row(2)).toHaveFocus();
  });
});

it('lets the host fill the header, the empty list and the body of an item', async () => {
  backend.items = [notification(1, { body: 'El texto' })];
  const slots = {
    header: 'Avisos de la tienda',
    empty: (filter: string) => <p>nada en {filter}</p>,
    itemBody: (item: { body: string }) => <em>{item.body}!</em>,
  };
  renderInbox(backend, <NotificationInbox slots={slots} />);
  expect(within(await row()).getByText('El texto!')).toBeVisible();
  expect(screen.getByRole('region', { name: 'Avisos de la tienda' })).toBe(
    screen.getByTestId('inbox'),
  );
  await user.click(screen.getByTestId('filter-archived'));
  expect(await screen.findByText('nada en archived')).toBeVisible();
});

it.each([undefined, OWN])('has no axe violations', async (looks) => {
  const { container } = renderInbox(backend, <NotificationInbox {...looks} />);
  await row();
  const rules = { 'color-contrast': { enabled: false } }; // jsdom has no layout
  const { violations } = await axe.run(container, { rules });
  expect(violations).toEqual([]);
});
