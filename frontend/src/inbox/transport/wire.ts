import {
  countEach,
  MARKS,
  SEVERITIES,
  type ByCategory,
  type Change,
  type Counts,
  type InboxEvent,
  type ItemAction,
  type Mark,
  type Notification,
  type Page,
} from '../domain/notification';
import type { Preferences } from '../domain/preferences';

// Network data is read leniently, because one malformed entry must not break a whole list. Only the
// id is required.

type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const count = (value: unknown): number =>
  typeof value === 'number' && value > 0 ? Math.floor(value) : 0;

const readList = <T>(value: unknown, read: (entry: unknown) => T | undefined): T[] =>
  Array.isArray(value) ? value.map(read).filter((entry) => entry !== undefined) : [];

const readAction = (value: unknown): ItemAction | undefined =>
  isObject(value) && typeof value.label === 'string' && typeof value.url === 'string'
    ? { label: value.label, url: value.url }
    : undefined;

export function readNotification(value: unknown): Notification | undefined {
  if (!isObject(value) || typeof value.id !== 'string') return undefined;
  return {
    id: value.id,
    user_id: text(value.user_id),
    type: text(value.type),
    // Older servers send no severity, and newer ones may send one that is not known here.
    severity: SEVERITIES.find((known) => known === value.severity) ?? 'info',
    title: text(value.title),
    body: text(value.body),
    data: isObject(value.data) ? value.data : {},
    action_url: textOrNull(value.action_url),
    image_url: textOrNull(value.image_url),
    image_alt: textOrNull(value.image_alt),
    actions: readList(value.actions, readAction).slice(0, 2),
    created_at: text(value.created_at),
    expires_at: textOrNull(value.expires_at),
    collapse_key: textOrNull(value.collapse_key),
    delivered_at: textOrNull(value.delivered_at),
    seen_at: textOrNull(value.seen_at),
    read_at: textOrNull(value.read_at),
    archived_at: textOrNull(value.archived_at),
  };
}

export const readNotifications = (value: unknown): Notification[] =>
  readList(value, readNotification);

const readCounts = (value: Json): Counts => ({
  unread: count(value.unread_count),
  unseen: count(value.unseen_count),
});

const readByCategory = (value: Json): ByCategory =>
  countEach(value, (counts) => readCounts(isObject(counts) ? counts : {}));

const readCounted = (value: Json) => ({
  counts: readCounts(value),
  ...(isObject(value.by_category) && { byCategory: readByCategory(value.by_category) }),
});

export function readPage(value: unknown): Page {
  const answer = isObject(value) ? value : {};
  return {
    items: readNotifications(answer.items),
    nextCursor: textOrNull(answer.next_cursor),
    ...readCounted(answer),
  };
}

const readTexts = (value: unknown): string[] =>
  readList(value, (entry) => (typeof entry === 'string' ? entry : undefined));

export function readPreferences(value: unknown): Preferences {
  const answer = isObject(value) ? value : {};
  const hours = answer.quiet_hours;
  return {
    muted: readTexts(answer.muted),
    quiet_hours: isObject(hours)
      ? { from: text(hours.from), to: text(hours.to), time_zone: text(hours.time_zone) }
      : null,
    always: readTexts(answer.always),
  };
}

/**
 * Read a change. Of its marks, read only those that are present: a missing mark is unchanged, and
 * null means that the mark was taken back.
 */
function readChange(value: unknown): Change | undefined {
  if (!isObject(value) || typeof value.id !== 'string') return undefined;
  const marks: Partial<Record<Mark, string | null>> = {};
  for (const mark of MARKS) if (mark in value) marks[mark] = textOrNull(value[mark]);
  const superseded =
    typeof value.superseded_by === 'string' ? { superseded_by: value.superseded_by } : {};
  const withdrawn = typeof value.withdrawn_at === 'string' ? { withdrawn: true as const } : {};
  return { id: value.id, ...marks, ...superseded, ...withdrawn };
}

export function readInboxEvent(value: unknown): InboxEvent | undefined {
  if (!isObject(value)) return undefined;
  return {
    at: text(value.at),
    ...readCounted(value),
    changed: readList(value.changed, readChange),
    readUpTo: textOrNull(value.read_up_to),
    seenUpTo: textOrNull(value.seen_up_to),
    erased: value.erased === true,
  };
}

/** Read the event `ended`, which says why the server is about to end the connection. */
export function readEnded(value: unknown): { reason: string; message: string } {
  const ended = isObject(value) ? value : {};
  return { reason: text(ended.reason), message: text(ended.message) };
}

/** Why the server refused a token or a connection. */
export interface Refusal {
  /** The server's explanation. */
  readonly message: string;
  readonly code: string;
  /** Whether the same client may be accepted later, perhaps with a new token. */
  readonly isRetryable: boolean;
}

/** Read a refusal. Servers of older releases send only the message. */
export function readRefusal(message: unknown, data: unknown): Refusal {
  const { code, retryable } = isObject(data) ? data : {};
  return { message: text(message), code: text(code), isRetryable: retryable !== false };
}
