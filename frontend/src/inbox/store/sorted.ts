import type { Notification } from '../domain/notification';

/** Newest first, each id once; where an id comes twice, the later argument's wins. */
export function mergeById(...lists: readonly (readonly Notification[])[]): readonly Notification[] {
  const byId = new Map(lists.flat().map((item) => [item.id, item]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
