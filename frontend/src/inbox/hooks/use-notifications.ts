import { useSyncExternalStore } from 'react';
import type { Inbox } from '../inbox';
import type { InboxSnapshot } from '../store/inbox-store';
import { useInboxContext } from './inbox-context';

export type Notifications = InboxSnapshot &
  Pick<Inbox, 'markRead' | 'markAllRead' | 'loadMore' | 'retry' | 'dismissProblem'>;

/** The inbox as it is now, and what can be done with it. */
export function useNotifications(): Notifications {
  const { inbox } = useInboxContext();
  const snapshot = useSyncExternalStore(inbox.store.subscribe, inbox.store.getSnapshot);
  const { markRead, markAllRead, loadMore, retry, dismissProblem } = inbox;
  return { ...snapshot, markRead, markAllRead, loadMore, retry, dismissProblem };
}
