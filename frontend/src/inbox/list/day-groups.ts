import type { Notification } from '../domain/notification';

/** The number of items per chunk: one or two screens. A day of 10,000 items has 200 chunks. */
export const CHUNK_SIZE = 50;

export interface Chunk {
  readonly key: string;
  /** The number of items in the whole list before this chunk. */
  readonly start: number;
  readonly items: readonly Notification[];
}

export interface Day {
  readonly key: string;
  readonly label: string;
  readonly chunks: readonly Chunk[];
}

const DAY_MS = 86_400_000;

const keyOf = (date: Date): string =>
  `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;

/** Return "today", "yesterday" or the date, in the shopper's time zone. */
function dayLabel(date: Date, now: number, locale: string): string {
  const today = new Date(now);
  const midnight = (day: Date) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  const age = Math.max(0, (midnight(today) - midnight(date)) / DAY_MS);
  if (age > 1) {
    const year = date.getFullYear() === today.getFullYear() ? {} : { year: 'numeric' as const };
    const format = { weekday: 'long', day: 'numeric', month: 'long', ...year } as const;
    return new Intl.DateTimeFormat(locale, format).format(date);
  }
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-age, 'day');
}

/**
 * Cut the items into chunks, starting at the oldest, so that an arrival changes only the first
 * chunk.
 */
function chunksOf(day: string, start: number, items: readonly Notification[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (let end = items.length, n = 0; end > 0; end -= CHUNK_SIZE, n += 1) {
    const from = Math.max(0, end - CHUNK_SIZE);
    chunks.unshift({ key: `${day}/${n}`, start: start + from, items: items.slice(from, end) });
  }
  return chunks;
}

/**
 * Cut the list, newest first, where the day changes. The list is ordered by id, so an item without
 * a valid date stays in its neighbour's day.
 */
export function dayGroups(items: readonly Notification[], now: number, locale: string): Day[] {
  const days: Day[] = [];
  let from = 0;
  let date = dateOf(items[0]) ?? new Date(now);
  for (let index = 1; index <= items.length; index += 1) {
    const next = dateOf(items[index]);
    const isLast = index === items.length;
    if (!isLast && (next === undefined || keyOf(next) === keyOf(date))) continue;
    const key = keyOf(date);
    const label = dayLabel(date, now, locale);
    days.push({
      key: `${key}@${days.length}`,
      label,
      chunks: chunksOf(key, from, items.slice(from, index)),
    });
    from = index;
    date = next ?? date;
  }
  return days;
}

function dateOf(item: Notification | undefined): Date | undefined {
  const date = new Date(item?.created_at ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
