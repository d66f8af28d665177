import { useCallback, useEffect, useState } from 'react';
import { useNotifications } from '../inbox';
import type { Order, ShopApi } from './shop-api';

/** The shopper's orders, and what the demo lets one do with them. */
export function useOrders(shop: ShopApi, userId: string) {
  const [orders, setOrders] = useState<readonly Order[]>();
  const [busy, setBusy] = useState<string>();
  const [failed, setFailed] = useState(false);

  const load = useCallback(() => {
    shop.orders(userId).then(setOrders, () => {
      setFailed(true);
    });
  }, [shop, userId]);
  // An order may be moved elsewhere (the command line, another tab): its notification says so.
  const { turn } = useNotifications().arrivals;
  useEffect(load, [load, turn]);

  const run = async (what: string, action: () => Promise<Order>) => {
    setBusy(what);
    setFailed(false);
    try {
      await action();
    } catch {
      setFailed(true);
    }
    setBusy(undefined);
    load();
  };
  return {
    orders,
    busy,
    failed,
    buy: () => run('new', () => shop.newOrder(userId)),
    advance: (id: string) => run(id, () => shop.advance(id)),
  };
}
