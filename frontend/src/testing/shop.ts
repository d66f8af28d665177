import type { Server } from 'node:http';
import type { Backend } from './backend';
import { listen, type Answer, type Call } from './http';
import { notification } from './notifications';

const STATES = [
  { id: 'received', title: 'Pedido recibido' },
  { id: 'paid', title: 'Pedido pagado' },
  { id: 'shipped', title: 'Pedido despachado' },
  { id: 'in_transit', title: 'Pedido en camino' },
  { id: 'delivered', title: 'Pedido entregado' },
];

interface Order {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: string;
  step: number;
}

export interface Shop {
  server: Server;
  url: string;
  /** The token of sign-ins, instead of one that names the shopper. */
  token?: string;
}

/**
 * Start a demo shop that signs shoppers in and creates a notification for each state of an order.
 */
export async function startShop(backend: Backend): Promise<Shop> {
  const shop: Partial<Shop> = {};
  const orders: Order[] = [];

  const show = ({ step, ...order }: Order) => ({
    ...order,
    state: STATES[step]?.id,
    states: STATES,
  });

  const move = (order: Order): Answer => {
    order.step += 1;
    const { id, title } = STATES[order.step] ?? { id: '', title: '' };
    const body = `Tu pedido ${order.id}`;
    const action_url = `/orders/${order.id}`;
    const created_at = new Date().toISOString();
    const n = 1000 + backend.items.length;
    backend.create(notification(n, { type: `order.${id}`, title, body, action_url, created_at }));
    return { status: 200, body: show(order) };
  };

  const place = (user_id: string): Answer => {
    const id = String(1234 + orders.length);
    const order = { id, user_id, created_at: new Date().toISOString(), step: -1 };
    orders.unshift(order);
    return move(order);
  };

  const started = await listen(({ method, url, body }: Call): Answer => {
    const { user_id } = (body ?? {}) as { user_id?: string };
    const [, what, id] = url.pathname.slice(1).split('/');
    if (what === 'shoppers') return { status: 200, body: [{ user_id: 'ana', name: 'Ana García' }] };
    if (what === 'sign-in')
      return {
        status: 200,
        body: { token: shop.token ?? `token-${user_id ?? ''}`, user_id, name: 'Ana García' },
      };
    if (method === 'GET') return { status: 200, body: orders.map(show) };
    const order = orders.find((other) => other.id === id);
    return order ? move(order) : place(user_id ?? '');
  });
  return Object.assign(shop, started);
}
