import {
  isUnlisted,
  isUnseen,
  MARKS,
  seeItem,
  type Change,
  type Notification,
} from '../domain/notification';
import { noteHeld } from './base';
import { mergeById } from './merge-by-id';
import type { InboxState, Sweep } from './state';
import { withoutSuperseded } from './superseded';

/** Return the item with the marks of the change. */
export function withMarks(item: Notification, change: Change): Notification {
  const marks = MARKS.filter((mark) => mark in change);
  return { ...item, ...Object.fromEntries(marks.map((mark) => [mark, change[mark]])) };
}

/** Return the item with the change applied, or undefined if no list has it after the change. */
export const applyChange = (item: Notification, change: Change): Notification | undefined =>
  isUnlisted(change) ? undefined : withMarks(item, change);

/**
 * Merge a repeated push. It only adds marks, because a push shows the notification as it was
 * created, however late it arrives.
 */
function mergeRepeat(held: Notification, pushed: Notification): Notification {
  const gained = MARKS.filter((mark) => held[mark] === null && pushed[mark] !== null);
  if (gained.length === 0) return held;
  return { ...held, ...Object.fromEntries(gained.map((mark) => [mark, pushed[mark]])) };
}

/** Return the item after a sweep that marked everything up to the sweep's id as seen. */
export const afterSeen = (sweep: Sweep | null, item: Notification): Notification =>
  sweep && item.id <= sweep.upTo && isUnseen(item) ? seeItem(item, sweep.at) : item;

/** Add pushed items to the state. They are now held, and may be acknowledged. */
export function receive(state: InboxState, pushed: readonly Notification[]): InboxState {
  const held = new Map(state.items.map((item) => [item.id, item]));
  const earlyChanges = new Map(state.earlyChanges);
  const arrivedSince = new Set(state.sinceRequest.arrived);
  const arrived: Notification[] = [];
  const fresh: Notification[] = [];
  for (const item of pushed) {
    const known = held.get(item.id);
    const change = earlyChanges.get(item.id);
    const merged = known ? mergeRepeat(known, item) : applyChange(item, change ?? { id: item.id });
    if (!merged) continue; // superseded or withdrawn before its push arrived
    const current = known || change ? merged : afterSeen(state.seenUpTo, merged);
    arrived.push(current);
    held.set(current.id, current);
    if (known) continue;
    fresh.push(current);
    earlyChanges.delete(merged.id);
    arrivedSince.add(merged.id);
  }
  return withoutSuperseded({
    ...noteHeld(state, fresh),
    items: mergeById(state.items, arrived),
    earlyChanges,
    sinceRequest: { ...state.sinceRequest, arrived: arrivedSince },
  });
}
