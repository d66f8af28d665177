import {
  isUnread,
  isUnseen,
  readItem,
  seeItem,
  type Notification,
} from '../inbox/domain/notification';

/** The body of a PATCH, as the API defines it. */
export interface Marks {
  readonly read?: boolean;
  readonly seen?: boolean;
  readonly archived?: boolean;
}

/** Return a notification after a PATCH of the API. Existing times stay. */
export function withMarks(item: Notification, marks: Marks, at: string): Notification {
  let after = item;
  if (marks.seen) after = seeItem(after, at);
  if (marks.read === true) after = readItem(after, at);
  if (marks.read === false) after = { ...after, read_at: null };
  if (marks.archived !== undefined)
    after = { ...after, archived_at: marks.archived ? (after.archived_at ?? at) : null };
  return after;
}

/** Return a notification after the API has marked all as read or seen. */
export function withSweep(item: Notification, what: 'read' | 'seen', at: string): Notification {
  if (what === 'read') return isUnread(item) ? readItem(item, at) : item;
  return isUnseen(item) ? seeItem(item, at) : item;
}
