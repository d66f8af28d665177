import type { Action } from '../domain/action';
import { countEach, type Counts, type InboxEvent, type Notification } from '../domain/notification';
import { applyAnswer, readAll, seeAll } from './inbox-events';
import { countOf, isOf } from './counts';
import type { InboxState } from './state';

/** Show the action's effect at once. Adding the same action again changes nothing. */
export function begin(state: InboxState, action: Action): InboxState {
  if (state.pending.some(({ key }) => key === action.key)) return state;
  return { ...state, pending: [...state.pending, action] };
}

/** Remove the effect of an action that the server refused, and nothing else. */
export function takeBack(state: InboxState, key: string): InboxState {
  const overtaken = new Set(state.overtaken);
  overtaken.delete(key);
  return { ...state, overtaken, pending: state.pending.filter((action) => action.key !== key) };
}

/**
 * Make permanent an action that the server has done. `answer` is the notification after the action,
 * or undefined for a sweep.
 *
 * Answers are not ordered with events. If an event about the same notification arrived while the
 * action was pending, that event or a later one is newer than the answer. Then the answer is
 * ignored.
 */
export function confirm(
  before: InboxState,
  action: Action,
  answer: Notification | undefined,
): InboxState {
  const state = takeBack(before, action.key);
  if (before.overtaken.has(action.key)) return state;
  if (answer) return applyAnswer(state, answer);
  if (action.kind === 'read-all') return afterSweep(readAll(state, action.upTo, action.at), true);
  if (action.kind === 'seen-all') return afterSweep(seeAll(state, action), false);
  return state;
}

/**
 * Update the base counts after our own sweep. Of the items that they count, only held ones that
 * arrived since the sweep can still be unread or unseen.
 */
function afterSweep(state: InboxState, isRead: boolean): InboxState {
  const items = state.items.filter(({ id }) => !state.uncounted.has(id));
  const after = (before: Counts, category?: string): Counts => {
    const left = countOf(items.filter(isOf(category)));
    return { unread: isRead ? left.unread : before.unread, unseen: left.unseen };
  };
  const { counts, byCategory } = state.base;
  const base = {
    ...state.base,
    counts: after(counts),
    byCategory: countEach(byCategory, after),
  };
  return { ...state, base };
}

function isReportedBy(event: InboxEvent, action: Action): boolean {
  if ('upTo' in action)
    return (action.kind === 'seen-all' ? event.seenUpTo : event.readUpTo) !== null;
  const { id } = action;
  return (
    (event.readUpTo !== null && id <= event.readUpTo) ||
    event.changed.some((change) => change.id === id)
  );
}

/** Mark as overtaken the pending actions that affect the same notifications as the event. */
export function overtake(state: InboxState, event: InboxEvent): InboxState {
  const overtaken = state.pending.filter((action) => isReportedBy(event, action));
  if (overtaken.length === 0) return state;
  return { ...state, overtaken: new Set([...state.overtaken, ...overtaken.map(({ key }) => key)]) };
}
