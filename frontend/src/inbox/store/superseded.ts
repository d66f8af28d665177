import type { InboxEvent } from '../domain/notification';
import type { InboxState } from './state';

/**
 * What is superseded stays on the screen until one that has taken its place is held, be that one
 * superseded in turn, or archived elsewhere: the older makes way for the newer, and never for
 * nothing.
 */
export function withoutReplaced(state: InboxState): InboxState {
  const held = new Set(state.items.map(({ id }) => id));
  const isReplaced = (id: string): boolean => {
    const newer = state.early.get(id)?.superseded_by;
    if (newer === undefined || newer <= id) return false;
    return held.has(newer) || Boolean(state.early.get(newer)?.archived_at) || isReplaced(newer);
  };
  const items = state.items.filter(({ id }) => !isReplaced(id));
  return items.length === state.items.length ? state : { ...state, items };
}

/** Whether the item has to make way for a newer one. */
export const isSuperseded = (state: InboxState, id: string): boolean =>
  state.early.get(id)?.superseded_by !== undefined;

/** How many that the event tells to have taken another's place are still on their way here. */
export function successorsAwaited(state: InboxState, event: InboxEvent): number {
  const held = new Set(state.items.map(({ id }) => id));
  const newer = new Set(event.changed.flatMap(({ superseded_by }) => superseded_by ?? []));
  return [...newer].filter((id) => !held.has(id)).length;
}
