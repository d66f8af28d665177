import { useCallback, useEffect, useRef, useState } from 'react';
import { useNotifications } from '../inbox';
import { useLanguage } from './language';
import type { Order, ShopApi } from './shop-api';

export type OrdersState = ReturnType<typeof useOrders>;

/** Return the shopper's orders, and the actions of the demo on them. */
export function useOrders(shop: ShopApi, userId: string) {
  const { tag } = useLanguage();
  const [orders, setOrders] = useState<readonly Order[]>();
  const [busy, setBusy] = useState<string>();
  const [failed, setFailed] = useState(false);

  const newest = useRef(0);
  const load = useCallback(() => {
    const number = ++newest.current;
    shop.orders(userId).then(
      (answer) => {
        // An action and its arrival both load the orders. An answer that was overtaken would show
        // an order in the state before the action.
        if (number === newest.current) setOrders(answer);
      },
      () => {
        if (number === newest.current) setFailed(true);
      },
    );
  }, [shop, userId]);
  // The command line or another tab may advance an order. Load the orders again at each arrival,
  // because the change sends a notification.
  const { turn } = useNotifications().arrivals;
  useEffect(load, [load, turn]);

  const open = useCallback(
    (id: string) => {
      // If this fails, the order's notifications stay unread until read in the inbox.
      shop.open(id).catch(() => undefined);
    },
    [shop],
  );

  const run = async (what: string, action: () => Promise<unknown>) => {
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
    buy: () => run('new', () => shop.newOrder(userId, tag)),
    advance: (id: string) => run(id, () => shop.advance(id, tag)),
    happen: (id: string, event: string) => run(id, () => shop.happen(id, event, tag)),
    /** Report to the shop that the shopper opened the order. It marks its notifications as read. */
    open,
    notify: (notice: string) => run(notice, () => shop.notify(userId, notice, tag)),
  };
}
