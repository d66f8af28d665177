import type { Server } from 'node:http';
import type { Backend } from './backend';
import { listen, type Answer, type Call } from './http';
import { notification } from './notifications';

const STATES = [
  { id: 'received', title: 'Pedido recibido', english: 'Order received' },
  { id: 'paid', title: 'Pedido pagado', english: 'Payment received' },
  { id: 'shipped', title: 'Pedido despachado', english: 'Order shipped' },
  { id: 'in_transit', title: 'Pedido en camino', english: 'Out for delivery' },
  { id: 'delivered', title: 'Pedido entregado', english: 'Order delivered' },
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
  /** The orders that the shopper has opened. */
  readonly opened: string[];
  /** If set, sign-ins get this token, instead of one that names the shopper. */
  token?: string;
}

/**
 * Start a demo shop that signs shoppers in and creates a notification for each state of an order.
 */
export async function startShop(backend: Backend): Promise<Shop> {
  const shop: Partial<Shop> & Pick<Shop, 'opened'> = { opened: [] };
  const orders: Order[] = [];

  const show = ({ step, ...order }: Order) => ({
    ...order,
    state: STATES[step]?.id,
    states: STATES,
    events: step === 0 ? ['payment_failed'] : [],
    total: { amount: '49.90', currency: 'EUR' },
  });

  const send = (type: string, title: string, action_url: string) => {
    const created_at = new Date().toISOString();
    const n = 1000 + backend.items.length;
    backend.create(notification(n, { type, title, body: 'Tu pedido', action_url, created_at }));
  };

  const move = (order: Order, language?: string): Answer => {
    order.step += 1;
    const state = STATES[order.step];
    const title = language === 'en' ? state?.english : state?.title;
    send(`order.${state?.id ?? ''}`, title ?? '', `/orders/${order.id}`);
    return { status: 200, body: show(order) };
  };

  const place = (user_id: string, language?: string): Answer => {
    const id = String(1234 + orders.length);
    const order = { id, user_id, created_at: new Date().toISOString(), step: -1 };
    orders.unshift(order);
    return move(order, language);
  };

  const change = (order: Order, how: string | undefined, language?: string): Answer => {
    if (how === 'advance') return move(order, language);
    if (how === 'open') shop.opened.push(order.id);
    else send('payment.failed', 'No hemos podido cobrar tu pedido', `/orders/${order.id}/payment`);
    return { status: 200, body: show(order) };
  };

  const started = await listen(({ method, url, body }: Call): Answer => {
    const { user_id = '', language } = (body ?? {}) as { user_id?: string; language?: string };
    const [, what, id, then] = url.pathname.slice(1).split('/');
    if (what === 'shoppers') return { status: 200, body: [{ user_id: 'ana', name: 'Ana García' }] };
    if (what === 'sign-in')
      return {
        status: 200,
        body: { token: shop.token ?? `token-${user_id}`, user_id, name: 'Ana García' },
      };
    if (method === 'GET') return { status: 200, body: orders.map(show) };
    const order = orders.find((other) => other.id === id);
    return order ? change(order, then, language) : place(user_id, language);
  });
  return Object.assign(shop, started);
}
