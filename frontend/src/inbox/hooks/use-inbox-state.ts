import { useSyncExternalStore } from 'react';
import { INITIAL_SNAPSHOT, type InboxSnapshot } from '../store/inbox-store';
import { useInboxContext } from './inbox-context';

/**
 * Return a part of the inbox's state. `select` must return the same value for the same state. While
 * a server renders the page, and while React hydrates it, the inbox is still empty: both must
 * render the same.
 */
export function useInboxState<Part>(select: (snapshot: InboxSnapshot) => Part): Part {
  const { store } = useInboxContext().inbox;
  return useSyncExternalStore(
    store.subscribe,
    () => select(store.getSnapshot()),
    () => select(INITIAL_SNAPSHOT),
  );
}
