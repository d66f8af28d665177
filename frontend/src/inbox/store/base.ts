import {
  countEach,
  isUnread,
  isUnseen,
  type ByCategory,
  type Counts,
  type InboxEvent,
  type Notification,
  type Page,
} from '../domain/notification';
import { countOf, isOf, sum } from './counts';
import type { InboxState } from './state';

/** The clocks of the servers may differ by this much, and a create may take this long. */
const CLOSE_MS = 5_000;

/**
 * Counts of the whole inbox that the server gave us, and the data that shows which arrivals they
 * include.
 *
 * The counts come from one of two sources. One is a first page of the list `all`, which lists the
 * newest items that it counted, down to `lastId`; then `at` is empty. The other is an event about a
 * change at the time `at`; then `lastId` is empty.
 */
export interface Base {
  readonly counts: Counts;
  /** The counts by category, for the categories that are counted. */
  readonly byCategory: ByCategory;
  readonly lastId: string;
  readonly at: string;
}

/** Return whether the counts lack this item, which is now held for the first time. */
export const isUncounted = ({ lastId, at }: Base, item: Notification): boolean =>
  lastId === '' ? item.created_at > at : item.id > lastId;

/**
 * Return whether to ask for the first page of `all`, to be sure of the counts. If the whole list is
 * loaded, the counts are those of its items. If no part of it is loaded, its first page is on its
 * way.
 */
export const needsRecount = ({ areCountsUncertain, reaches }: InboxState): boolean =>
  areCountsUncertain && reaches.all.kind === 'partial';

const isClose = (at: string, item: Notification): boolean =>
  Math.abs(Date.parse(item.created_at) - Date.parse(at)) <= CLOSE_MS;

/**
 * Return whether `isUncounted` only guesses about this item, because the server may have counted
 * while the item was being created.
 */
export function isCountUnclear(base: Base, item: Notification): boolean {
  if (base.lastId !== '') return !isUncounted(base, item);
  return !isUncounted(base, item) || base.at === '' || isClose(base.at, item);
}

/**
 * Return whether it is unclear if this event's sweep marked some item as seen, because that item
 * was being created at the time.
 */
export function isSweepUnclear(state: InboxState, { at, changed, seenUpTo }: InboxEvent): boolean {
  const isNamed = (id: string) => changed.some((change) => change.id === id);
  return state.items.some(
    (item) =>
      seenUpTo !== null &&
      item.id <= seenUpTo &&
      isUnseen(item) &&
      (item.created_at > at || isClose(at, item)) &&
      !isNamed(item.id),
  );
}

/** Take the counts of a first page of `all`. The items that it lists are in the state already. */
export function countFromPage(state: InboxState, page: Page): InboxState {
  const lastId = page.items.at(-1)?.id ?? '';
  const listed = new Set(page.items.map(({ id }) => id));
  const unlisted = [...state.sinceRequest.arrived].filter((id) => !listed.has(id));
  return {
    ...state,
    base: { counts: page.counts, byCategory: page.byCategory ?? {}, lastId, at: '' },
    uncounted: new Set(unlisted.filter((id) => id > lastId)),
    areCountsUncertain: page.nextCursor !== null && unlisted.some((id) => id < lastId),
  };
}

/** Count the uncounted items, all or those of a category. */
const countUncounted = ({ items, uncounted }: InboxState, category?: string): Counts =>
  countOf(items.filter(isOf(category)).filter(({ id }) => uncounted.has(id)));

/**
 * Return how many items are counted outside the `named` categories, whose counts are in `counts`.
 * Returns NaN if `counts` lacks one of these categories.
 */
const beyond = (state: InboxState, named: ByCategory, counts: ByCategory, mark: keyof Counts) =>
  Object.keys(named).reduce(
    (rest, category) =>
      rest - (counts[category]?.[mark] ?? NaN) - countUncounted(state, category)[mark],
    state.base.counts[mark] + countUncounted(state)[mark],
  );

/**
 * Update the counts by category after an event, which has new counts for the categories that it
 * affects.
 *
 * The counts of other categories stay the same, except for arrivals that became `uncounted` or
 * ceased to be. If the number of items outside the event's categories has changed, something has happened
 * that no event reports. Then ask for the counts.
 */
function divide(before: InboxState, after: InboxState, { byCategory }: InboxEvent): InboxState {
  const held = before.base.byCategory;
  const named = byCategory ?? {};
  const keep = (counts: Counts, category: string) =>
    sum(sum(counts, countUncounted(before, category)), countUncounted(after, category), -1);
  const isSame = (mark: keyof Counts) =>
    beyond(before, named, held, mark) === beyond(after, named, named, mark);
  const isClear = byCategory && isSame('unread') && isSame('unseen');
  return {
    ...after,
    base: {
      ...after.base,
      byCategory: countEach(held, (counts, category) => named[category] ?? keep(counts, category)),
    },
    areCountsUncertain: after.areCountsUncertain || (Object.keys(held).length > 0 && !isClear),
  };
}

/**
 * Take the counts of an event. They include the changes of the event, and the successors of the
 * items that it supersedes. `before` is the state before the event, and `state` the state with its
 * changes.
 */
export function countFromEvent(
  before: InboxState,
  state: InboxState,
  event: InboxEvent,
): InboxState {
  const { counts, at, changed } = event;
  const known = new Set(changed.flatMap(({ id, superseded_by }) => [id, superseded_by]));
  const base: Base = { ...state.base, counts, at, lastId: '' };
  // The event may be older than a page that we have taken in. So `uncounted` alone does not show
  // which items the event's counts lack.
  const isRecent = (item: Notification) => isUncounted(base, item) || isClose(at, item);
  const end = state.items.findIndex((item) => !isRecent(item));
  const recent = state.items.filter(
    (item, index) =>
      (index < end || end < 0 || state.uncounted.has(item.id)) &&
      isUnread(item) &&
      !known.has(item.id),
  );
  // If the event has no time, assume that its counts include everything held.
  const uncounted = at === '' ? [] : recent.filter((item) => isUncounted(base, item));
  const areCountsUncertain = state.areCountsUncertain || recent.some(isRecent);
  const after = {
    ...state,
    base,
    uncounted: new Set(uncounted.map(({ id }) => id)),
    areCountsUncertain,
  };
  return divide(before, after, event);
}

/** Note the items that are now held for the first time. */
export function noteHeld(state: InboxState, fresh: readonly Notification[]): InboxState {
  // An item that an earlier event named is included in the counts of that event and of later ones.
  const named = [...state.earlyChanges].flatMap(([id, { superseded_by }]) => [id, superseded_by]);
  const known = new Set(named);
  const unnamed = fresh.filter(({ id }) => !known.has(id));
  if (unnamed.length === 0) return state;
  const uncounted = unnamed.filter((item) => isUncounted(state.base, item)).map(({ id }) => id);
  const areCountsUncertain = unnamed.some((item) => isCountUnclear(state.base, item));
  return {
    ...state,
    uncounted: new Set([...state.uncounted, ...uncounted]),
    areCountsUncertain: state.areCountsUncertain || areCountsUncertain,
  };
}
