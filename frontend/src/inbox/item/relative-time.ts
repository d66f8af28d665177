const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Return the time as the locale writes it, or an empty text for an invalid time. */
function format(time: number, locale: string, options: Intl.DateTimeFormatOptions): string {
  return Number.isNaN(time) ? '' : new Intl.DateTimeFormat(locale, options).format(time);
}

/** Return the day and the time of day. Returns an empty text for an invalid time. */
export const dateAndTime = (time: string, locale: string): string =>
  format(Date.parse(time), locale, { dateStyle: 'long', timeStyle: 'short' });

/**
 * Return the time as "now", "5 minutes ago" or "yesterday", or as a date after a week. Returns an
 * empty text for an invalid time.
 */
export function relativeTime(time: string, now: number, locale: string): string {
  const timestamp = Date.parse(time);
  // The server's clock may be ahead of ours. Never show a time in the future.
  const age = Math.max(0, now - timestamp);
  if (!(age < 7 * DAY)) return format(timestamp, locale, { dateStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (age < MINUTE) return relative.format(0, 'second');
  if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return relative.format(-Math.floor(age / HOUR), 'hour');
  return relative.format(-Math.floor(age / DAY), 'day');
}
