/** A notification as the producer API lists it and the delivery service pushes it. */
export interface Notification {
  readonly id: string;
  readonly user_id: string;
  readonly type: string;
  readonly title: string;
  readonly body: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly action_url: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly collapse_key: string | null;
  readonly delivered_at: string | null;
  readonly seen_at: string | null;
  readonly read_at: string | null;
  readonly archived_at: string | null;
}

/** The times that change after creation. */
export const MARKS = ['delivered_at', 'seen_at', 'read_at', 'archived_at'] as const;
export type Mark = (typeof MARKS)[number];

export interface Counts {
  readonly unread: number;
  readonly unseen: number;
}

/** One answer of the list: newest first, `nextCursor` null at the end. */
export interface Page {
  readonly items: readonly Notification[];
  readonly nextCursor: string | null;
  readonly counts: Counts;
}

/** What another tab or device did to one notification. */
export interface Change extends Readonly<Partial<Record<Mark, string | null>>> {
  readonly id: string;
  readonly superseded_by?: string;
}

/** The `inbox` event: the counts after the changes. */
export interface InboxEvent {
  /** The moment of the change, which rises with each; empty where the server does not say. */
  readonly at: string;
  readonly counts: Counts;
  readonly changed: readonly Change[];
  /** Everything unread up to this id was read, more than `changed` names; null if it was not. */
  readonly readUpTo: string | null;
  /** Everything unseen up to this id was seen, likewise. */
  readonly seenUpTo: string | null;
  readonly erased: boolean;
}

type Read = Pick<Notification, 'read_at' | 'archived_at'>;

export const isUnread = (item: Read): boolean => item.read_at === null && item.archived_at === null;

export const isUnseen = (item: Notification): boolean =>
  item.seen_at === null && item.archived_at === null;

/** Which notifications a list shows, as the API's `status` has them: `all` leaves out the archived. */
export const FILTERS = ['all', 'unread', 'archived'] as const;
export type Filter = (typeof FILTERS)[number];

const LISTED: Readonly<Record<Filter, (item: Read) => boolean>> = {
  all: (item) => item.archived_at === null,
  unread: isUnread,
  archived: (item) => item.archived_at !== null,
};

export const isListed = (filter: Filter, item: Read): boolean => LISTED[filter](item);

/** What is read has been seen; the first time counts. */
export const readItem = (item: Notification, at: string): Notification => ({
  ...item,
  read_at: item.read_at ?? at,
  seen_at: item.seen_at ?? at,
});

/** Only what is unseen becomes seen. */
export const seeItem = (item: Notification, at: string): Notification => ({
  ...item,
  seen_at: item.seen_at ?? at,
});
