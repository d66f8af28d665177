import type { Action } from '../domain/action';

/** An action that has failed this often lets those behind it pass. */
const PATIENCE = 3;

/** Return whether the order of two actions matters, because they may change the same mark. */
function areOrdered(a: Action, b: Action): boolean {
  if ('id' in a && 'id' in b) return a.id === b.id;
  return [a.kind, b.kind].includes('read-all') && [a.kind, b.kind].includes('unread');
}

/**
 * Return which of the actions to send next. `actions` are in the order in which they were added.
 *
 * One action may fail each time, and must not hold back the others. So an action that has failed
 * three times waits until those behind it have been sent, or have failed as often. But an action
 * never overtakes an earlier one if the order of the two matters.
 */
export function nextToSend(
  actions: readonly Action[],
  failuresOf: (action: Action) => number,
): Action | undefined {
  let next: Action | undefined;
  let fewest = Infinity;
  for (const [index, action] of actions.entries()) {
    const failures = Math.max(PATIENCE, failuresOf(action) + 1) - PATIENCE;
    if (failures >= fewest) continue;
    if (actions.slice(0, index).some((earlier) => areOrdered(earlier, action))) continue;
    [next, fewest] = [action, failures];
    if (fewest === 0) break;
  }
  return next;
}
