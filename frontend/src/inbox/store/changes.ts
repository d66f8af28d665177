import {
  FILTERS,
  isListed,
  isUnread,
  isUnseen,
  readItem,
  seeItem,
  type Change,
  type InboxEvent,
  type Notification,
} from '../domain/notification';
import { countOf, sum } from './counts';
import { marked } from './receive';
import { EMPTY_STATE, isCounted, isWithin, NO_COUNTS, type InboxState, type Sweep } from './state';
import { isSuperseded, successorsAwaited, withoutReplaced } from './superseded';

function remember(state: InboxState, changes: readonly Change[]): InboxState {
  const early = new Map(state.early);
  for (const change of changes) early.set(change.id, { ...early.get(change.id), ...change });
  const changed = new Set([...state.sinceRequest.changed, ...changes.map(({ id }) => id)]);
  return { ...state, early, sinceRequest: { ...state.sinceRequest, changed } };
}

function applyToHeld(state: InboxState, changes: readonly Change[]): InboxState {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const items = state.items.map((item) => {
    const change = byId.get(item.id);
    return change ? marked(item, change) : item; // what it makes way for may not be here yet
  });
  return { ...state, items };
}

/**
 * The server's counts say something of what is not loaded only if that is what was changed. They may
 * count pushes that are still on their way here: then they would be counted twice.
 */
function countBeyond(state: InboxState, event: InboxEvent): InboxState {
  if (state.reaches.all.kind !== 'partial') return { ...state, beyond: NO_COUNTS };
  const isSweep = event.readUpTo !== null || event.seenUpTo !== null;
  const isAllWithin = !isSweep && event.changed.every(({ id }) => isCounted(state, id));
  if (isAllWithin && event.changed.length > 0) return state;
  const within = countOf(
    state.items.filter(({ id }) => isCounted(state, id) && !isSuperseded(state, id)),
  );
  const awaited = successorsAwaited(state, event);
  const rest = sum(event.counts, within, -1);
  return { ...state, beyond: sum(rest, { unread: awaited, unseen: awaited }, -1) };
}

const readEarly = (change: Change, at: string): Change =>
  change.archived_at || change.superseded_by !== undefined
    ? change
    : { ...change, read_at: change.read_at ?? at, seen_at: change.seen_at ?? at };

/** All that was unread up to this id has been read; what is archived is left alone. */
export function readAll(state: InboxState, upTo: string, at: string): InboxState {
  const isMeant = (item: Notification) => item.id <= upTo && isUnread(item);
  return {
    ...state,
    items: state.items.map((item) => (isMeant(item) ? readItem(item, at) : item)),
    early: new Map(
      [...state.early].map(([id, change]) => [id, id <= upTo ? readEarly(change, at) : change]),
    ),
    sinceRequest: { ...state.sinceRequest, allRead: { upTo, at } },
    readUpTo: state.readUpTo > upTo ? state.readUpTo : upTo,
  };
}

/** All that was unseen up to this id has been seen, and so has what of it comes here later. */
export function seeAll(state: InboxState, { upTo, at }: Sweep): InboxState {
  const isMeant = (item: Notification) => item.id <= upTo && isUnseen(item);
  return {
    ...state,
    items: state.items.map((item) => (isMeant(item) ? seeItem(item, at) : item)),
    seenUpTo: state.seenUpTo && state.seenUpTo.upTo > upTo ? state.seenUpTo : { upTo, at },
    sinceRequest: { ...state.sinceRequest, allSeen: { upTo, at } },
  };
}

/** What another tab or device of this shopper did, or the shop's erasure of everything. */
export function applyInboxEvent(before: InboxState, event: InboxEvent): InboxState {
  if (event.at !== '' && event.at <= before.heardAt) return before;
  const state = { ...before, heardAt: event.at || before.heardAt };
  if (event.erased)
    return { ...EMPTY_STATE, heardAt: state.heardAt, generation: state.generation + 1 };
  const remembered = remember(state, event.changed);
  const changed = withoutReplaced(applyToHeld(remembered, event.changed));
  // What is not held, or is no more, is kept in mind: its push may still come, or come again. So is
  // what waits for its successor.
  const held = new Set(changed.items.map(({ id }) => id));
  const early = new Map(
    [...changed.early].filter(([id]) => !held.has(id) || isSuperseded(changed, id)),
  );
  const told = { ...changed, early };
  const { readUpTo, seenUpTo, at } = event;
  const seen = seenUpTo === null ? told : seeAll(told, { upTo: seenUpTo, at });
  return countBeyond(readUpTo === null ? seen : readAll(seen, readUpTo, at), event);
}

/** Whether one of these changes is to something that a loaded list should show and that is not held. */
export function isLacking(state: InboxState, changes: readonly Change[]): boolean {
  const held = new Set(state.items.map(({ id }) => id));
  const isShown = ({ id, read_at = null, archived_at = null }: Change) =>
    FILTERS.some(
      (filter) =>
        state.reaches[filter].kind !== 'nothing' &&
        isWithin(state.reaches[filter], id) &&
        isListed(filter, { read_at, archived_at }),
    );
  return changes.some(
    (change) => change.superseded_by === undefined && !held.has(change.id) && isShown(change),
  );
}

/** What has been said since the latest list request went out of what is not held. */
export const saidMeanwhile = (state: InboxState): readonly Change[] =>
  [...state.sinceRequest.changed].flatMap((id) => state.early.get(id) ?? []);

/**
 * The server's own word on one item: the answer to a change of ours. It may have been given before
 * another device saw all; what has been seen stays seen.
 */
export function applyAnswer(state: InboxState, answer: Notification): InboxState {
  const held = state.items.find(({ id }) => id === answer.id);
  const changed = new Set(state.sinceRequest.changed).add(answer.id);
  const sinceRequest = { ...state.sinceRequest, changed };
  if (!held) return { ...state, sinceRequest };
  const item = { ...answer, seen_at: answer.seen_at ?? held.seen_at };
  const rest = sum(state.beyond, countOf([held]), -1);
  return {
    ...state,
    items: state.items.map((each) => (each === held ? item : each)),
    beyond: isCounted(state, item.id) ? state.beyond : sum(rest, countOf([item])),
    sinceRequest,
  };
}
