import type { InboxState } from './state';

/**
 * Remove the withdrawn items, and the superseded ones whose successor has arrived. Until then the older item stays on the
 * screen, so that it never disappears without a replacement. A successor counts as arrived if it
 * was superseded itself, archived on another device, or withdrawn.
 */
export function withoutSuperseded(state: InboxState): InboxState {
  const held = new Set(state.items.map(({ id }) => id));
  // The ids do not say which item is newer, because the clocks of the servers differ. `from` are the
  // items looked at so far: a circle of successors replaces nothing.
  const isReplaced = (id: string, from: readonly string[] = []): boolean => {
    const { superseded_by: newer, withdrawn } = state.earlyChanges.get(id) ?? {};
    if (withdrawn) return true;
    if (newer === undefined || newer === id || from.includes(newer)) return false;
    return (
      held.has(newer) ||
      Boolean(state.earlyChanges.get(newer)?.archived_at) ||
      isReplaced(newer, [...from, id])
    );
  };
  const items = state.items.filter(({ id }) => !isReplaced(id));
  return items.length === state.items.length ? state : { ...state, items };
}

/** Return whether a newer item supersedes this one. */
export const isSuperseded = (state: InboxState, id: string): boolean =>
  state.earlyChanges.get(id)?.superseded_by !== undefined;
