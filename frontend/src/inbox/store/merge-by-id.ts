import type { Notification } from '../domain/notification';

/** Merge lists, newest first. If several have the same id, the item of the last list wins. */
export function mergeById(...lists: readonly (readonly Notification[])[]): readonly Notification[] {
  const byId = new Map(lists.flat().map((item) => [item.id, item]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
