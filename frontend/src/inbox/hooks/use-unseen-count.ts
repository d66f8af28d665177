import { useSyncExternalStore } from 'react';
import { useInboxContext } from './inbox-context';

/** The number of notifications that the shopper has not seen. */
export function useUnseenCount(): number {
  const { store } = useInboxContext().inbox;
  return useSyncExternalStore(store.subscribe, () => store.getSnapshot().counts.unseen);
}
