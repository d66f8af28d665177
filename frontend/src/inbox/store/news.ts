import { applyAction } from '../domain/action';
import { isUnread, type Notification } from '../domain/notification';
import type { InboxState } from './state';
import { isSuperseded } from './superseded';

/** Return the items with these ids that are held, unread and not superseded, newest first. */
export const newsAmong = (
  state: InboxState,
  ids: { has(id: string): boolean },
): readonly Notification[] =>
  state.items
    .filter(({ id }) => ids.has(id) && !isSuperseded(state, id))
    .map((item) => state.pending.reduce(applyAction, item))
    .filter(isUnread);
