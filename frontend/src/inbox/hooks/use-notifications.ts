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

const actionsOf = (inbox: Inbox): InboxActions => ({
  show: inbox.show,
  loadMore: inbox.loadMore,
  markRead: inbox.markRead,
  markUnread: inbox.markUnread,
  archive: inbox.archive,
  unarchive: inbox.unarchive,
  markAllRead: inbox.markAllRead,
  markAllSeen: inbox.markAllSeen,
  retry: inbox.retry,
  dismissProblem: inbox.dismissProblem,
  signOut: inbox.signOut,
});

/** Return the inbox as it is now, and the actions on it. */
export function useNotifications(): Notifications {
  const { inbox } = useInboxContext();
  const snapshot = useInboxState((state) => state);
  return { ...snapshot, ...actionsOf(inbox) };
}
