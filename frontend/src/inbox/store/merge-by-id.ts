import type { Notification } from '../domain/notification';

/** Merge lists, newest first, each id once. If lists share an id, the item of the last one wins. */
export function mergeById(...lists: readonly (readonly Notification[])[]): readonly Notification[] {
  const byId = new Map(lists.flat().map((item) => [item.id, item]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
