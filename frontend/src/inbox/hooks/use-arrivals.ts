import { useEffect, useEffectEvent } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from './inbox-context';

/** Calls back with each live arrival, newest first: with what comes from now on. */
export function useArrivals(onArrival: (items: readonly Notification[]) => void): void {
  const { store } = useInboxContext().inbox;
  const tell = useEffectEvent(onArrival);
  useEffect(() => {
    let { turn } = store.getSnapshot().arrivals;
    return store.subscribe(() => {
      const { arrivals } = store.getSnapshot();
      if (arrivals.turn === turn) return;
      turn = arrivals.turn;
      if (arrivals.items.length > 0) tell(arrivals.items);
    });
  }, [store]);
}
