import type { InboxState } from './state';

/**
 * Remove the withdrawn items, and the superseded ones whose successor has arrived. Until its
 * successor arrives, a superseded item stays on the screen, so that it never disappears without a
 * replacement. A successor also counts as arrived if it was archived on another device, was
 * withdrawn, or was itself superseded by an item that has arrived.
 */
export function withoutSuperseded(state: InboxState): InboxState {
  const held = new Set(state.items.map(({ id }) => id));
  // The ids do not show which item is newer, because the clocks of the servers differ. So two items
  // could supersede each other. `from` are the ids visited so far: a cycle replaces nothing.
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
