import type { InboxEvent, Notification } from '../domain/notification';
import type { Action } from '../domain/action';
import { applyAnswer, readAll, seeAll } from './changes';
import { NO_COUNTS, type InboxState } from './state';

/** Shows the action's effect at once; once, however often it is told of. */
export function begin(state: InboxState, action: Action): InboxState {
  if (state.pending.some(({ key }) => key === action.key)) return state;
  return { ...state, pending: [...state.pending, action] };
}

/** The server said no: what the action showed is gone, and nothing else. */
export function takeBack(state: InboxState, key: string): InboxState {
  const overtaken = new Set(state.overtaken);
  overtaken.delete(key);
  return { ...state, overtaken, pending: state.pending.filter((each) => each.key !== key) };
}

/**
 * The server has done it; `answer` is the notification after it, where it was one. Events come in
 * order, answers beside them: where one has told of the same notification meanwhile, it or one
 * that follows has the later word.
 */
export function confirm(
  before: InboxState,
  action: Action,
  answer: Notification | undefined,
): InboxState {
  const state = takeBack(before, action.key);
  if (before.overtaken.has(action.key)) return state;
  if (answer) return applyAnswer(state, answer);
  if (action.kind === 'read-all')
    return { ...readAll(state, action.upTo, action.at), beyond: NO_COUNTS };
  if (action.kind === 'seen-all')
    return { ...seeAll(state, action), beyond: { ...state.beyond, unseen: 0 } };
  return state;
}

function isToldOf(event: InboxEvent, action: Action): boolean {
  if ('upTo' in action)
    return (action.kind === 'seen-all' ? event.seenUpTo : event.readUpTo) !== null;
  const { id } = action;
  return (
    (event.readUpTo !== null && id <= event.readUpTo) ||
    event.changed.some((change) => change.id === id)
  );
}

/** Remembers which pending actions the event has told of. */
export function overtake(state: InboxState, event: InboxEvent): InboxState {
  const told = state.pending.filter((action) => isToldOf(event, action));
  if (told.length === 0) return state;
  return { ...state, overtaken: new Set([...state.overtaken, ...told.map(({ key }) => key)]) };
}
