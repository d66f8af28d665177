import { isUnread, isUnseen, readItem, type Counts, type Notification } from '../notification';
import { isWithin, type InboxState, type PendingAction } from './state';

export interface InboxList {
  /** What is shown: within reach, not archived, with unconfirmed changes applied. */
  readonly items: readonly Notification[];
  readonly counts: Counts;
  readonly hasMore: boolean;
}

const marksAsRead = (action: PendingAction, id: string): boolean =>
  action.kind === 'read' ? action.id === id : id <= action.upTo;

function withPending(item: Notification, pending: readonly PendingAction[]): Notification {
  const action = item.read_at === null && pending.find((each) => marksAsRead(each, item.id));
  return action ? readItem(item, action.at) : item;
}

export function countOf(items: readonly Notification[]): Counts {
  return { unread: items.filter(isUnread).length, unseen: items.filter(isUnseen).length };
}

export function viewOf(state: InboxState): InboxList {
  const items = state.items
    .filter((item) => isWithin(state.reach, item.id) && item.archived_at === null)
    .map((item) => withPending(item, state.pending));
  const counted = countOf(items);
  const allRead = state.pending.some((action) => action.kind === 'read-all');
  return {
    items,
    counts: {
      unread: counted.unread + (allRead ? 0 : state.beyond.unread),
      unseen: counted.unseen + (allRead ? 0 : state.beyond.unseen),
    },
    hasMore: state.reach.kind === 'partial',
  };
}
