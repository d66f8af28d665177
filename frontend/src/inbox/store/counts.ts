import {
  categoryOf,
  isUnread,
  isUnseen,
  type Counts,
  type Notification,
} from '../domain/notification';
import type { Base } from './base';
import { isLoaded, NO_COUNTS, type InboxState } from './state';

export const countOf = (items: readonly Notification[]): Counts => ({
  unread: items.filter(isUnread).length,
  unseen: items.filter(isUnseen).length,
});

/** Return whether an item is of this category. If `category` is undefined, every item is. */
export const isOf =
  (category: string | undefined) =>
  ({ type }: Notification): boolean =>
    category === undefined || categoryOf(type) === category;

/** Return `a + b`, or `a - b` if `sign` is -1, but never less than zero. */
export const sum = (a: Counts, b: Counts, sign: 1 | -1 = 1): Counts => ({
  unread: Math.max(0, a.unread + sign * b.unread),
  unseen: Math.max(0, a.unseen + sign * b.unseen),
});

/** Return the server's counts after a change of an item that they include. */
export function recounted(base: Base, held: Notification, item: Notification): Base {
  const after = (counts: Counts) => sum(sum(counts, countOf([held]), -1), countOf([item]));
  const category = categoryOf(item.type);
  const ofCategory = base.byCategory[category];
  return {
    ...base,
    counts: after(base.counts),
    byCategory: { ...base.byCategory, ...(ofCategory && { [category]: after(ofCategory) }) },
  };
}

/**
 * Return the counts of the whole inbox, or of one category. They add up three parts: the items
 * loaded, the uncounted ones, and what `base` counts beyond them.
 *
 * `all` are the items held with pending actions applied, so the counts reflect pending actions. A
 * pending sweep also clears the count of the items that are not held.
 */
export function countsOf(
  state: InboxState,
  all: readonly Notification[],
  category?: string,
): Counts {
  const { uncounted, base, pending } = state;
  const items = state.items.filter(isOf(category));
  const shown = all.filter(isOf(category));
  const counted = category === undefined ? base.counts : (base.byCategory[category] ?? NO_COUNTS);
  const loaded = items.filter(({ id }) => isLoaded(state, id) && !uncounted.has(id));
  const isCounted = ({ id }: Notification) => isLoaded(state, id) || uncounted.has(id);
  const within = countOf(shown.filter(isCounted));
  if (state.reaches.all.kind === 'everything') return within;
  const beyond = sum(counted, countOf(loaded), -1);
  if (pending.length === 0) return sum(within, beyond);
  const isActedOn = (item: Notification, index: number) =>
    !isCounted(item) && items[index] !== shown[index];
  const rest = sum(beyond, countOf(items.filter(isActedOn)), -1);
  const isRead = pending.some(({ kind }) => kind === 'read-all');
  const isSeen = isRead || pending.some(({ kind }) => kind === 'seen-all');
  const unheld = { unread: isRead ? 0 : rest.unread, unseen: isSeen ? 0 : rest.unseen };
  return sum(sum(within, countOf(shown.filter(isActedOn))), unheld);
}
