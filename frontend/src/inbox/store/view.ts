import { applyAction, type Action } from '../domain/action';
import {
  countEach,
  isListed,
  type ByCategory,
  type Counts,
  type Filter,
  type Notification,
} from '../domain/notification';
import { countsOf } from './counts';
import { isLoaded, isWithin, reachOf, type InboxState } from './state';

export interface InboxList {
  /** The items of the list within its reach, with pending actions applied. */
  readonly items: readonly Notification[];
  readonly counts: Counts;
  /** The counts of the categories that the host shows as tabs, as far as they are known. */
  readonly byCategory: ByCategory;
  readonly hasMore: boolean;
}

function withPending({ items, pending }: InboxState): readonly Notification[] {
  if (pending.length === 0) return items;
  // For each item, look only at its own actions, because hundreds may have been made offline.
  const sweeps = pending.filter((action) => 'upTo' in action);
  const byId = new Map<string, Action[]>();
  for (const action of pending)
    if ('id' in action) byId.set(action.id, [...(byId.get(action.id) ?? []), action]);
  return items.map((item) => {
    const own = byId.get(item.id) ?? [];
    if (sweeps.length === 0 || own.length === 0)
      return [...own, ...sweeps].reduce(applyAction, item);
    return pending.reduce(applyAction, item);
  });
}

/** @internal */
export function viewOf(state: InboxState, filter: Filter): InboxList {
  const reach = reachOf(state, filter);
  // Until a list has been loaded, show those of its items that the list `all` has loaded.
  const isWithinReach = (id: string) =>
    reach.kind === 'nothing' ? isLoaded(state, id) : isWithin(reach, id);
  const items = withPending(state);
  return {
    items: items.filter((item) => isListed(filter, item) && isWithinReach(item.id)),
    counts: countsOf(state, items),
    byCategory: countEach(state.base.byCategory, (_, category) => countsOf(state, items, category)),
    hasMore: reach.kind === 'partial',
  };
}
