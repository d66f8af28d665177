import { useSyncExternalStore } from 'react';
import { useInboxContext } from './inbox-context';

export function useUnseenCount(): number {
  const { store } = useInboxContext().inbox;
  return useSyncExternalStore(store.subscribe, () => store.getSnapshot().counts.unseen);
}
