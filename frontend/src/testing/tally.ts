import {
  categoryOf,
  FILTERS,
  isUnread,
  isUnseen,
  type ByCategory,
  type Change,
  type Counts,
  type Filter,
  type Notification,
} from '../inbox/domain/notification';

const KINDS = ['offer.new', 'order.shipped', 'offer.new', 'order', 'news.daily'];

/** Return the type of the world's nth item. */
export const kindOf = (n: number): string => KINDS[n % KINDS.length] ?? '';

/** Return the change that an event reports for this item. */
export const marksOf = ({ id, seen_at, read_at, archived_at }: Notification): Change => {
  return { id, seen_at, read_at, archived_at };
};

/** The categories that are counted: two of those types, and one that has no items. */
const COUNTED = ['order', 'offer', 'none'];
/** The lists of the world. */
export const LISTS: readonly Filter[] = [...FILTERS, 'category:offer'];

/** Count the items one by one, all or those of a category. */
export function tally(items: readonly Notification[], category?: string): Counts {
  const of = items.filter(({ type }) => category === undefined || categoryOf(type) === category);
  return { unread: of.filter(isUnread).length, unseen: of.filter(isUnseen).length };
}

export const tallyByCategory = (
  items: readonly Notification[],
  categories: readonly string[] = COUNTED,
): ByCategory =>
  Object.fromEntries(categories.map((category) => [category, tally(items, category)]));
