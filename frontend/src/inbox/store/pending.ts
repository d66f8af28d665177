import type { Notification } from '../notification';
import { applyAnswer, readAll } from './changes';
import { NO_COUNTS, type InboxState, type PendingAction } from './state';

/** Shows the action's effect at once. */
export const begin = (state: InboxState, action: PendingAction): InboxState => ({
  ...state,
  pending: [...state.pending, action],
});

/** The server said no, or nothing: what the action showed is gone, and nothing else. */
export const takeBack = (state: InboxState, action: PendingAction): InboxState => ({
  ...state,
  pending: state.pending.filter((each) => each !== action),
});

export const confirmRead = (
  state: InboxState,
  action: PendingAction,
  answer: Notification,
): InboxState => applyAnswer(takeBack(state, action), answer);

/** Everything that was there at the click is read; what came after it may not be. */
export function confirmAllRead(
  state: InboxState,
  action: Extract<PendingAction, { kind: 'read-all' }>,
): InboxState {
  return { ...readAll(takeBack(state, action), action.upTo, action.at), beyond: NO_COUNTS };
}
