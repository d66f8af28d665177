import type { Action } from '../domain/action';
import {
  isListed,
  type Change,
  type CategoryFilter,
  type Counts,
  type Filter,
  type Notification,
  type StatusFilter,
} from '../domain/notification';
import type { Base } from './base';

/**
 * How far down a list has been loaded. An item below `lastId` may be held, but is not shown yet.
 */
export type Reach = { readonly kind: 'nothing' } | PartialReach | { readonly kind: 'everything' };

export interface PartialReach {
  readonly kind: 'partial';
  readonly cursor: string;
  readonly lastId: string;
}

/** All items up to the id `upTo` were marked as read (or seen) at the time `at`. */
export interface Sweep {
  readonly upTo: string;
  readonly at: string;
}

/**
 * The client's state of the inbox. `InboxStore` owns it; only the pure functions in this folder
 * change it.
 *
 * - `items` are all items held, newest first by id, no id twice. The ids are UUIDv7, so their text
 *   order is their time order. An item below a list's reach is already acknowledged, and is shown
 *   once the list is loaded that far.
 * - Each list (`Filter`) has its own reach over the same items. Whether an item belongs in a list
 *   follows from the item alone.
 * - `items` are as the server has them. `pending` are the actions that the server has not
 *   confirmed. They are applied over `items` and never mixed into them, so that a refusal takes
 *   back exactly its own action. An action's key is in `overtaken` if an event has changed the
 *   action's notification in the meantime.
 * - `base` are counts of the server, and `uncounted` the held items that these counts do not
 *   include. The counts shown are those of the items held, plus what `base` counts beyond them. So
 *   they are never below those of the list. Only the first page of `all` shows for certain which
 *   arrivals the server has counted. `areCountsUncertain` is set, and this page is requested, after an event
 *   whose counts may or may not include an arrival.
 * - `lastChangeAt` is the time of the latest event. An event that is not later is a repeat.
 * - `sinceRequest` has the changes and arrivals since the latest list request, and `earlyChanges`
 *   the changes to ids not held. With them, an answer that the server read before a change does not
 *   undo the change. `earlyChanges` also has the changes of superseded items, which are shown
 *   until their successor is held.
 * - A seen item never becomes unseen: `seenUpTo` also applies to items pushed later.
 */
export interface InboxState {
  readonly items: readonly Notification[];
  readonly reaches: Readonly<Record<StatusFilter, Reach> & Partial<Record<CategoryFilter, Reach>>>;
  readonly base: Base;
  readonly uncounted: ReadonlySet<string>;
  readonly areCountsUncertain: boolean;
  readonly pending: readonly Action[];
  readonly overtaken: ReadonlySet<string>;
  readonly sinceRequest: {
    readonly arrived: ReadonlySet<string>;
    readonly changed: ReadonlySet<string>;
    readonly allRead: Sweep | null;
    readonly allSeen: Sweep | null;
  };
  readonly earlyChanges: ReadonlyMap<string, Change>;
  readonly seenUpTo: Sweep | null;
  /** Everything up to this id was once marked as read. A push may still show it unread. */
  readonly readUpTo: string;
  readonly lastChangeAt: string;
  /** Grows with each erasure. Answers to requests of an earlier generation are ignored. */
  readonly generation: number;
}

export const NO_COUNTS: Counts = { unread: 0, unseen: 0 };

const NOTHING: Reach = { kind: 'nothing' };

export const EMPTY_STATE: InboxState = {
  items: [],
  reaches: { all: NOTHING, unread: NOTHING, archived: NOTHING },
  base: { counts: NO_COUNTS, byCategory: {}, lastId: '', at: '' },
  uncounted: new Set(),
  areCountsUncertain: false,
  pending: [],
  overtaken: new Set(),
  sinceRequest: { arrived: new Set(), changed: new Set(), allRead: null, allSeen: null },
  earlyChanges: new Map(),
  seenUpTo: null,
  readUpTo: '',
  lastChangeAt: '',
  generation: 0,
};

/** Return how far this list has been loaded. */
export const reachOf = ({ reaches }: InboxState, filter: Filter): Reach =>
  reaches[filter] ?? NOTHING;

/** Return the lists that may have been loaded. */
export const listsOf = ({ reaches }: InboxState): readonly Filter[] =>
  Object.keys(reaches) as Filter[];

export const isWithin = (reach: Reach, id: string): boolean =>
  reach.kind !== 'partial' || id >= reach.lastId;

/** Return whether the list `all` is loaded down to this id, or not loaded at all yet. */
export const isLoaded = (state: InboxState, id: string): boolean => isWithin(state.reaches.all, id);

/**
 * Return whether some list is loaded far enough down that it should show this item, held or not.
 */
export const isShown = (
  state: InboxState,
  { id, read_at = null, archived_at = null }: Change,
): boolean =>
  listsOf(state).some(
    (filter) =>
      reachOf(state, filter).kind !== 'nothing' &&
      isWithin(reachOf(state, filter), id) &&
      isListed(filter, { read_at, archived_at }),
  );

/** Forget how far the list was loaded, so that it is reloaded when it is shown. */
export const forgetReach = (state: InboxState, filter: Filter): InboxState => ({
  ...state,
  reaches: { ...state.reaches, [filter]: NOTHING },
});
