import { useSyncExternalStore } from 'react';
import { useInboxContext } from './inbox-context';

/** The number of unread notifications. */
export function useUnreadCount(): number {
  const { store } = useInboxContext().inbox;
  return useSyncExternalStore(store.subscribe, () => store.getSnapshot().counts.unread);
}
