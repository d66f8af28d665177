import { useEffect } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from './inbox-context';
import { useLatest } from './use-latest';

/** Call `onArrival` with each group of live arrivals from now on, newest first. */
export function useArrivals(onArrival: (items: readonly Notification[]) => void): void {
  const { store } = useInboxContext().inbox;
  const onNext = useLatest(onArrival);
  useEffect(() => {
    let { turn } = store.getSnapshot().arrivals;
    return store.subscribe(() => {
      const { arrivals } = store.getSnapshot();
      if (arrivals.turn === turn) return;
      turn = arrivals.turn;
      if (arrivals.items.length > 0) onNext(arrivals.items);
    });
  }, [store, onNext]);
}
