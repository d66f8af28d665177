import { isUnread, isUnseen, type Counts, type Notification } from '../domain/notification';
import { isCounted, type InboxState } from './state';

export const countOf = (items: readonly Notification[]): Counts => ({
  unread: items.filter(isUnread).length,
  unseen: items.filter(isUnseen).length,
});

/** Return `a + b`, or `a - b` if `sign` is -1, but never less than zero. */
export const sum = (a: Counts, b: Counts, sign: 1 | -1 = 1): Counts => ({
  unread: Math.max(0, a.unread + sign * b.unread),
  unseen: Math.max(0, a.unseen + sign * b.unseen),
});

/**
 * Return the counts over the whole inbox. `shown` are the items held, with pending actions applied.
 * A pending sweep also clears the count of the items not held.
 */
export function countsOf(state: InboxState, shown: readonly Notification[]): Counts {
  const within = countOf(shown.filter(({ id }) => isCounted(state, id)));
  if (state.pending.length === 0) return sum(within, state.beyond);
  const after = countOf(shown.filter(({ id }) => !isCounted(state, id)));
  const before = countOf(state.items.filter(({ id }) => !isCounted(state, id)));
  const rest = sum(state.beyond, before, -1);
  const isRead = state.pending.some(({ kind }) => kind === 'read-all');
  const isSeen = isRead || state.pending.some(({ kind }) => kind === 'seen-all');
  const unheld = { unread: isRead ? 0 : rest.unread, unseen: isSeen ? 0 : rest.unseen };
  return sum(sum(within, after), unheld);
}
