import type { Inbox } from '../inbox';
import type { InboxSnapshot } from '../store/inbox-store';
import { useInboxContext } from './inbox-context';
import { useInboxState } from './use-inbox-state';

type InboxActions = Pick<
  Inbox,
  | 'show'
  | 'loadMore'
  | 'markRead'
  | 'markUnread'
  | 'archive'
  | 'unarchive'
  | 'markAllRead'
  | 'markAllSeen'
  | 'retry'
  | 'dismissProblem'
  | 'signOut'
>;

export type Notifications = InboxSnapshot & InboxActions;

/** Return the inbox as it is now, and the actions on it. */
export function useNotifications(): Notifications {
  const { inbox } = useInboxContext();
  const snapshot = useInboxState((state) => state);
  // The actions are the inbox's own properties. The snapshot comes last, because both have
  // `preferences`.
  return Object.assign({}, inbox, snapshot);
}
