import type { Change, Notification, Page } from '../inbox/domain/notification';
import { InboxStore } from '../inbox/store/inbox-store';
import { notification } from './notifications';

export const AT = '2026-01-01T00:00:00.000Z';

export const page = (
  items: Notification[],
  more: { unread?: number; cursor?: string; unseen?: number } = {},
): Page => ({
  items,
  nextCursor: more.cursor ?? null,
  counts: { unread: more.unread ?? items.length, unseen: more.unseen ?? items.length },
});

export const range = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, i) => notification(from - i));

export function listed(...pages: Page[]): InboxStore {
  const store = new InboxStore();
  let below: string | undefined;
  for (const next of pages) {
    store.applyPage(store.beginRequest('all', below), next);
    below = next.items.at(-1)?.id;
  }
  return store;
}

export const ids = (store: InboxStore) => store.getSnapshot().items.map(({ id }) => id);
export const unread = (store: InboxStore) => store.getSnapshot().counts.unread;
export const event = (
  changed: Change[],
  unreadCount = 0,
  more: { at?: string; readUpTo?: string; seenUpTo?: string; erased?: boolean } = {},
) => ({
  at: '',
  counts: { unread: unreadCount, unseen: unreadCount },
  changed,
  readUpTo: null,
  seenUpTo: null,
  erased: false,
  ...more,
});
