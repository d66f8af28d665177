/** How much a notification matters, from least to most. */
export const SEVERITIES = ['info', 'success', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A button of a notification: its text, and the address that it links to. */
export interface ItemAction {
  readonly label: string;
  readonly url: string;
}

/** A notification, as the producer API lists it and the delivery service pushes it. */
export interface Notification {
  readonly id: string;
  readonly user_id: string;
  readonly type: string;
  readonly severity: Severity;
  readonly title: string;
  readonly body: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly action_url: string | null;
  readonly image_url: string | null;
  readonly image_alt: string | null;
  /** At most two; the first is the primary one. */
  readonly actions: readonly ItemAction[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly collapse_key: string | null;
  readonly delivered_at: string | null;
  readonly seen_at: string | null;
  readonly read_at: string | null;
  readonly archived_at: string | null;
}

/** The fields that change after creation. Each is a time or null. */
export const MARKS = ['delivered_at', 'seen_at', 'read_at', 'archived_at'] as const;
export type Mark = (typeof MARKS)[number];

/** Counts by category. */
export type ByCategory = Readonly<Record<string, Counts>>;

/** Return the counts that `toCounts` makes for each category of `values`. */
export const countEach = <T>(
  values: Readonly<Record<string, T>>,
  toCounts: (value: T, category: string) => Counts,
): ByCategory =>
  Object.fromEntries(
    Object.entries(values).map(([category, value]) => [category, toCounts(value, category)]),
  );

export interface Counts {
  readonly unread: number;
  readonly unseen: number;
}

/**
 * One page of a list, newest first. `nextCursor` is null on the last page.
 *
 * @internal
 */
export interface Page {
  readonly items: readonly Notification[];
  readonly nextCursor: string | null;
  readonly counts: Counts;
  /** The counts of the categories that the request asked for. */
  readonly byCategory?: ByCategory;
}

/**
 * A change of one notification: the marks that are present, and the reason if no list has the
 * notification any more.
 *
 * @internal
 */
export interface Change extends Readonly<Partial<Record<Mark, string | null>>> {
  readonly id: string;
  /** The id of the notification that supersedes it. */
  readonly superseded_by?: string;
  /** Whether the shop took it back. */
  readonly withdrawn?: true;
}

/**
 * Return whether no list of the server has the changed notification any more.
 *
 * @internal
 */
export const isUnlisted = ({ superseded_by, withdrawn }: Change): boolean =>
  withdrawn ?? superseded_by !== undefined;

/**
 * The `inbox` event of the delivery service: changes, and the counts after them.
 *
 * @internal
 */
export interface InboxEvent {
  /** The time of the change, later with each event; empty if the server sent none. */
  readonly at: string;
  readonly counts: Counts;
  /**
   * The counts of the categories that the change affects. If undefined, any category may have
   * changed.
   */
  readonly byCategory?: ByCategory;
  readonly changed: readonly Change[];
  /**
   * All unread notifications up to this id were read, even those that `changed` lacks. Null if
   * there was no such sweep.
   */
  readonly readUpTo: string | null;
  /**
   * All unseen notifications up to this id were seen, even those that `changed` lacks. Null if
   * there was no such sweep.
   */
  readonly seenUpTo: string | null;
  readonly erased: boolean;
}

type ReadState = Pick<Notification, 'read_at' | 'archived_at'> & { readonly type?: string };

export const isUnread = (item: ReadState): boolean =>
  item.read_at === null && item.archived_at === null;

export const isUnseen = (item: Notification): boolean =>
  item.seen_at === null && item.archived_at === null;

/** The lists, named as the API's `status` parameter names them. `all` leaves out the archived. */
export const FILTERS = ['all', 'unread', 'archived'] as const;
export type StatusFilter = (typeof FILTERS)[number];
/** The list of one category, without the archived: `category:offer`. */
export type CategoryFilter = `category:${string}`;
export type Filter = StatusFilter | CategoryFilter;

/** Return the category of a type, which is the part before its first dot. */
export const categoryOf = (type: string): string => type.split('.', 1).join('');

/** Return the category of the list, or undefined if the list has all categories. */
export const categoryIn = (filter: Filter): string | undefined =>
  filter.startsWith('category:') ? filter.slice(9) : undefined;

const isStatus = (filter: Filter): filter is StatusFilter => filter in LISTED;

const LISTED: Readonly<Record<StatusFilter, (item: ReadState) => boolean>> = {
  all: (item) => item.archived_at === null,
  unread: isUnread,
  archived: (item) => item.archived_at !== null,
};

/** Return whether the item belongs in this list. Without its type, it may be of any category. */
export const isListed = (filter: Filter, item: ReadState): boolean =>
  isStatus(filter)
    ? LISTED[filter](item)
    : LISTED.all(item) && (item.type === undefined || categoryOf(item.type) === categoryIn(filter));

/** Return the item as read, and so also seen, at this time. Earlier times stay. */
export const readItem = (item: Notification, at: string): Notification => ({
  ...item,
  read_at: item.read_at ?? at,
  seen_at: item.seen_at ?? at,
});

/** Return the item as seen at this time. An earlier time stays. */
export const seeItem = (item: Notification, at: string): Notification => ({
  ...item,
  seen_at: item.seen_at ?? at,
});
