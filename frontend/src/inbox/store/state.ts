import type { Change, Counts, Filter, Notification } from '../domain/notification';
import type { Action } from '../domain/action';

/** How far down a list has been loaded: what lies below `lastId` is held, but not shown yet. */
export type Reach = { readonly kind: 'nothing' } | PartialReach | { readonly kind: 'everything' };

export interface PartialReach {
  readonly kind: 'partial';
  readonly cursor: string;
  readonly lastId: string;
}

/** All that was unread (or unseen) up to this id became read (or seen) then. */
export interface Sweep {
  readonly upTo: string;
  readonly at: string;
}

/**
 * What this client knows of the inbox. Owned by `InboxStore`, changed by the pure functions of this
 * folder only.
 *
 * - `items` is everything held, newest first by id (UUIDv7: text order is order of time), no id twice.
 *   It may hold items below a list's reach: acknowledged, and shown once the list gets there.
 * - Each list (`Filter`) has a reach of its own over the same items; what belongs in it is asked of
 *   each item.
 * - `items` is the server's truth as far as it is known; `pending`, what the server has not
 *   confirmed, lies over it and is never mixed in, so that a refusal takes back exactly what it
 *   refused. `overtaken` are the keys of those that an event has meanwhile had the later word on.
 * - Counts are never stored: they are counted over what is within reach of `all`, plus `beyond`,
 *   which the server's answers and our own confirmed actions set. So they cannot drift from the
 *   list, nor go below zero.
 * - `heardAt` is the moment of the latest change told: what is not above it is a repeat of the log.
 * - `sinceRequest` knows what has happened since the latest list request went out, and `early` what
 *   has been said of ids not held: an answer that was read before a change must not undo it. `early`
 *   also knows what is superseded and held until its successor is.
 * - What has been seen is never unseen again: `seenUpTo` holds for what is pushed later.
 */
export interface InboxState {
  readonly items: readonly Notification[];
  readonly reaches: Readonly<Record<Filter, Reach>>;
  readonly beyond: Counts;
  readonly pending: readonly Action[];
  readonly overtaken: ReadonlySet<string>;
  readonly sinceRequest: {
    readonly arrived: ReadonlySet<string>;
    readonly changed: ReadonlySet<string>;
    readonly allRead: Sweep | null;
    readonly allSeen: Sweep | null;
  };
  readonly early: ReadonlyMap<string, Change>;
  readonly seenUpTo: Sweep | null;
  /** Up to here all has been read at some time: a push of before that may not know. */
  readonly readUpTo: string;
  readonly heardAt: string;
  /** Grows when everything is erased: answers to requests of an earlier generation are void. */
  readonly generation: number;
}

export const NO_COUNTS: Counts = { unread: 0, unseen: 0 };

const NOTHING: Reach = { kind: 'nothing' };

export const EMPTY_STATE: InboxState = {
  items: [],
  reaches: { all: NOTHING, unread: NOTHING, archived: NOTHING },
  beyond: NO_COUNTS,
  pending: [],
  overtaken: new Set(),
  sinceRequest: { arrived: new Set(), changed: new Set(), allRead: null, allSeen: null },
  early: new Map(),
  seenUpTo: null,
  readUpTo: '',
  heardAt: '',
  generation: 0,
};

export const isWithin = (reach: Reach, id: string): boolean =>
  reach.kind !== 'partial' || id >= reach.lastId;

/** Whether the list that shows all gets down to this id; it is what the counts go by. */
export const isCounted = (state: InboxState, id: string): boolean =>
  isWithin(state.reaches.all, id);

/** Forgets how far these lists had been loaded: they are loaded anew when they are shown. */
export const forgetReach = (state: InboxState, filter: Filter): InboxState => ({
  ...state,
  reaches: { ...state.reaches, [filter]: NOTHING },
});
