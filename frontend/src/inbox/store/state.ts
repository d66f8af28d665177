import type { Change, Counts, Notification } from '../notification';

/** How far down the list has been loaded: what lies below `lastId` is held, but not shown yet. */
export type Reach = { readonly kind: 'nothing' } | PartialReach | { readonly kind: 'everything' };

export interface PartialReach {
  readonly kind: 'partial';
  readonly cursor: string;
  readonly lastId: string;
}

/** A change the shopper sees at once, and the server has not confirmed. */
export type PendingAction =
  | { readonly kind: 'read'; readonly id: string; readonly at: string }
  | { readonly kind: 'read-all'; readonly upTo: string; readonly at: string };

/**
 * What this client knows of the inbox. Owned by `InboxStore`, changed by the pure functions of this
 * folder only.
 *
 * - `items` is everything held, newest first by id (UUIDv7: text order is order of time), no id twice.
 *   It may hold pushed items below `reach`: acknowledged, and shown once the list gets there.
 * - `items` is the server's truth as far as it is known; `pending` lies over it and is never mixed
 *   in, so that a refusal takes back exactly what it refused.
 * - Counts are never stored: they are counted over what is within reach, plus `beyond`, which only a
 *   server's answer sets. So they cannot drift from the list, nor go below zero.
 * - `heardAt` is the moment of the latest change told: what is not above it is a repeat of the log.
 * - `sinceRequest` knows what has happened since the latest list request went out, and `early` what
 *   has been said of ids not held: an answer that was read before a change must not undo it. `early`
 *   also knows what is superseded and held until its successor is.
 */
export interface InboxState {
  readonly items: readonly Notification[];
  readonly reach: Reach;
  readonly beyond: Counts;
  readonly pending: readonly PendingAction[];
  readonly sinceRequest: {
    readonly arrived: ReadonlySet<string>;
    readonly changed: ReadonlySet<string>;
    readonly allRead: { readonly upTo: string; readonly at: string } | null;
  };
  readonly early: ReadonlyMap<string, Change>;
  readonly heardAt: string;
  /** Grows when everything is erased: answers to requests of an earlier generation are void. */
  readonly generation: number;
}

export const NO_COUNTS: Counts = { unread: 0, unseen: 0 };

export const EMPTY_STATE: InboxState = {
  items: [],
  reach: { kind: 'nothing' },
  beyond: NO_COUNTS,
  pending: [],
  sinceRequest: { arrived: new Set(), changed: new Set(), allRead: null },
  early: new Map(),
  heardAt: '',
  generation: 0,
};

export const isWithin = (reach: Reach, id: string): boolean =>
  reach.kind !== 'partial' || id >= reach.lastId;
