import {
  categoryOf,
  FILTERS,
  isUnread,
  isUnseen,
  type ByCategory,
  type Counts,
  type Filter,
  type Notification,
} from '../inbox/domain/notification';

/** The categories that are counted. The world's items are of two of them. */
const COUNTED = ['order', 'offer', 'none'];
/** The lists of the world. */
export const LISTS: readonly Filter[] = [...FILTERS, 'category:offer'];

/** Count the items one by one, all or those of a category. */
export function tally(items: readonly Notification[], category?: string): Counts {
  const of = items.filter(({ type }) => category === undefined || categoryOf(type) === category);
  return { unread: of.filter(isUnread).length, unseen: of.filter(isUnseen).length };
}

export const tallyByCategory = (items: readonly Notification[]): ByCategory =>
  Object.fromEntries(COUNTED.map((category) => [category, tally(items, category)]));
