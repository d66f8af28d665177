import {
  isUnlisted,
  isUnread,
  isUnseen,
  readItem,
  seeItem,
  type Change,
  type InboxEvent,
  type Notification,
} from '../domain/notification';
import { countFromEvent } from './base';
import { recounted } from './counts';
import { withMarks } from './receive';
import { EMPTY_STATE, isShown, type InboxState, type Sweep } from './state';
import { isSuperseded, withoutSuperseded } from './superseded';

function remember(state: InboxState, changes: readonly Change[]): InboxState {
  const earlyChanges = new Map(state.earlyChanges);
  for (const change of changes)
    earlyChanges.set(change.id, { ...earlyChanges.get(change.id), ...change });
  const changed = new Set([...state.sinceRequest.changed, ...changes.map(({ id }) => id)]);
  return { ...state, earlyChanges, sinceRequest: { ...state.sinceRequest, changed } };
}

function applyToHeld(state: InboxState, changes: readonly Change[]): InboxState {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const items = state.items.map((item) => {
    const change = byId.get(item.id);
    // A superseded item stays until its successor is held: see `withoutSuperseded`.
    return change ? withMarks(item, change) : item;
  });
  return { ...state, items };
}

const readEarly = (change: Change, at: string): Change =>
  change.archived_at || isUnlisted(change)
    ? change
    : { ...change, read_at: change.read_at ?? at, seen_at: change.seen_at ?? at };

/** Mark everything unread up to this id as read, except what is archived. */
export function readAll(state: InboxState, upTo: string, at: string): InboxState {
  const isAffected = (item: Notification) => item.id <= upTo && isUnread(item);
  return {
    ...state,
    items: state.items.map((item) => (isAffected(item) ? readItem(item, at) : item)),
    earlyChanges: new Map(
      [...state.earlyChanges].map(([id, change]) => [
        id,
        id <= upTo ? readEarly(change, at) : change,
      ]),
    ),
    sinceRequest: { ...state.sinceRequest, allRead: { upTo, at } },
    readUpTo: state.readUpTo > upTo ? state.readUpTo : upTo,
  };
}

/** Mark everything unseen up to this id as seen, including items pushed or loaded later. */
export function seeAll(state: InboxState, { upTo, at }: Sweep): InboxState {
  const isAffected = (item: Notification) => item.id <= upTo && isUnseen(item);
  return {
    ...state,
    items: state.items.map((item) => (isAffected(item) ? seeItem(item, at) : item)),
    seenUpTo: state.seenUpTo && state.seenUpTo.upTo > upTo ? state.seenUpTo : { upTo, at },
    sinceRequest: { ...state.sinceRequest, allSeen: { upTo, at } },
  };
}

/** Apply a change by another tab or device of this shopper, or an erasure. */
export function applyInboxEvent(before: InboxState, event: InboxEvent): InboxState {
  if (event.at !== '' && event.at <= before.lastChangeAt) return before;
  const state = { ...before, lastChangeAt: event.at || before.lastChangeAt };
  if (event.erased)
    return { ...EMPTY_STATE, lastChangeAt: state.lastChangeAt, generation: state.generation + 1 };
  const remembered = remember(state, event.changed);
  const changed = withoutSuperseded(applyToHeld(remembered, event.changed));
  // Remember the changes to items that are not held, because these items may still be pushed, or
  // pushed again. Also remember which held items wait for their successor.
  const held = new Set(changed.items.map(({ id }) => id));
  const earlyChanges = new Map(
    [...changed.earlyChanges].filter(([id]) => !held.has(id) || isSuperseded(changed, id)),
  );
  const remembering = { ...changed, earlyChanges };
  const { readUpTo, seenUpTo, at } = event;
  const seen = seenUpTo === null ? remembering : seeAll(remembering, { upTo: seenUpTo, at });
  return countFromEvent(before, readUpTo === null ? seen : readAll(seen, readUpTo, at), event);
}

/**
 * Return whether one of the changes is to an item that a loaded list should show, but that is not
 * held.
 */
export function needsReload(state: InboxState, changes: readonly Change[]): boolean {
  const held = new Set(state.items.map(({ id }) => id));
  return changes.some(
    (change) => !isUnlisted(change) && !held.has(change.id) && isShown(state, change),
  );
}

/** Return the changes since the latest list request to items that are not held. */
export const changesSinceRequest = (state: InboxState): readonly Change[] =>
  [...state.sinceRequest.changed].flatMap((id) => state.earlyChanges.get(id) ?? []);

/**
 * Apply the server's answer to our action, which is the item after the action. The answer may be
 * older than a "seen all" of another device.
 */
export function applyAnswer(state: InboxState, answer: Notification): InboxState {
  const held = state.items.find(({ id }) => id === answer.id);
  const changed = new Set(state.sinceRequest.changed).add(answer.id);
  const sinceRequest = { ...state.sinceRequest, changed };
  if (!held) return { ...state, sinceRequest };
  const wasSwept = held.id <= (state.seenUpTo?.upTo ?? '');
  const item = { ...answer, seen_at: answer.seen_at ?? (wasSwept ? held.seen_at : null) };
  const base = state.uncounted.has(item.id) ? state.base : recounted(state.base, held, item);
  return {
    ...state,
    items: state.items.map((other) => (other === held ? item : other)),
    base,
    sinceRequest,
  };
}
