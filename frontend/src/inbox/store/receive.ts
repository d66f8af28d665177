import { isUnseen, MARKS, seeItem, type Change, type Notification } from '../domain/notification';
import { mergeById } from './sorted';
import type { InboxState, Sweep } from './state';
import { withoutReplaced } from './superseded';

/** The item with the change's marks. */
export function marked(item: Notification, change: Change): Notification {
  const marks = MARKS.filter((mark) => mark in change);
  return { ...item, ...Object.fromEntries(marks.map((mark) => [mark, change[mark]])) };
}

/** The item with the change applied, or undefined when it has been superseded. */
export const applyChange = (item: Notification, change: Change): Notification | undefined =>
  change.superseded_by === undefined ? marked(item, change) : undefined;

/**
 * A repeat never takes anything back: a push shows the notification as it was created, however late
 * it comes.
 */
function mergeRepeat(held: Notification, pushed: Notification): Notification {
  const gained = MARKS.filter((mark) => held[mark] === null && pushed[mark] !== null);
  if (gained.length === 0) return held;
  return { ...held, ...Object.fromEntries(gained.map((mark) => [mark, pushed[mark]])) };
}

/** The item as it is since all was seen. */
export const afterSeen = (sweep: Sweep | null, item: Notification): Notification =>
  sweep && item.id <= sweep.upTo && isUnseen(item) ? seeItem(item, sweep.at) : item;

/** Items pushed by the delivery service: held from here on, so that they may be acknowledged. */
export function receive(state: InboxState, pushed: readonly Notification[]): InboxState {
  const held = new Map(state.items.map((item) => [item.id, item]));
  const early = new Map(state.early);
  const since = new Set(state.sinceRequest.arrived);
  const arrived: Notification[] = [];
  for (const item of pushed) {
    const known = held.get(item.id);
    const change = early.get(item.id);
    const merged = known ? mergeRepeat(known, item) : applyChange(item, change ?? { id: item.id });
    if (!merged) continue; // superseded before it came
    const current = known || change ? merged : afterSeen(state.seenUpTo, merged);
    arrived.push(current);
    held.set(current.id, current);
    if (known) continue;
    early.delete(merged.id);
    since.add(merged.id);
  }
  return withoutReplaced({
    ...state,
    items: mergeById(state.items, arrived),
    early,
    sinceRequest: { ...state.sinceRequest, arrived: since },
  });
}
