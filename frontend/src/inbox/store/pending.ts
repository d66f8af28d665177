import type { Action } from '../domain/action';
import { countEach, type Counts, type InboxEvent, type Notification } from '../domain/notification';
import { applyAnswer, readAll, seeAll } from './inbox-events';
import { countOf, isOf } from './counts';
import type { InboxState } from './state';

/** Show the action's effect at once. A repeated call changes nothing. */
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
 * Make an action permanent that the server has done. `answer` is the notification after it, or
 * undefined for a sweep.
 *
 * Answers are not ordered with events. If an event about the same notification arrived while the
 * action was pending, then it, or an event after it, is newer than the answer, and the answer is
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

/** After our own sweep, only held items may be left: those that arrived since. */
function afterSweep(state: InboxState, isRead: boolean): InboxState {
  const items = state.items.filter(({ id }) => !state.news.has(id));
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

/** Mark the pending actions as overtaken that affect the same notifications as the event. */
export function overtake(state: InboxState, event: InboxEvent): InboxState {
  const overtaken = state.pending.filter((action) => isReportedBy(event, action));
  if (overtaken.length === 0) return state;
  return { ...state, overtaken: new Set([...state.overtaken, ...overtaken.map(({ key }) => key)]) };
}
