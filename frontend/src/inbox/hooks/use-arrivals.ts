import { useEffect, useInsertionEffect, useRef } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from './inbox-context';

/** Call back with the live arrivals from now on, newest first. */
export function useArrivals(onArrival: (items: readonly Notification[]) => void): void {
  const { store } = useInboxContext().inbox;
  // React 18 has no useEffectEvent. This is its rule: the callback of the last commit is called.
  const latest = useRef(onArrival);
  useInsertionEffect(() => {
    latest.current = onArrival;
  });
  useEffect(() => {
    let { turn } = store.getSnapshot().arrivals;
    return store.subscribe(() => {
      const { arrivals } = store.getSnapshot();
      if (arrivals.turn === turn) return;
      turn = arrivals.turn;
      if (arrivals.items.length > 0) latest.current(arrivals.items);
    });
  }, [store]);
}
