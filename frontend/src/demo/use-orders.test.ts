import { act, renderHook } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Order, ShopApi } from './shop-api';
import { useOrders } from './use-orders';

const arrivals = { turn: 0 };
vi.mock('../inbox', () => ({ useNotifications: () => ({ arrivals }) }));
vi.mock('./language', () => ({ useLanguage: () => ({ tag: 'es' }) }));

const order = (state: string): Order => ({
  id: '1234',
  state,
  states: [],
  events: [],
  total: { amount: '49.90', currency: 'EUR' },
  created_at: '2026-11-30T09:41:07.120Z',
});

it('shows the orders that were loaded last, even if an earlier answer comes later', async () => {
  const answers: ((orders: Order[]) => void)[] = [];
  const orders = () => new Promise<Order[]>((resolve) => answers.push(resolve));
  const shop = { orders } as unknown as ShopApi;
  const { result, rerender } = renderHook(() => useOrders(shop, 'ana'));
  arrivals.turn++;
  rerender();
  const [first, second] = answers;
  await act(async () => {
    second?.([order('paid')]);
    await Promise.resolve();
    first?.([order('received')]);
    await Promise.resolve();
  });
  expect(result.current.orders?.map(({ state }) => state)).toEqual(['paid']);
});
