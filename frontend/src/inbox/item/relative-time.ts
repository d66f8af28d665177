const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Return a function that makes one formatter for each locale. Making a formatter takes longer than
 * rendering the rest of a row, and the rows are rendered again at each arrival.
 */
function perLocale<Formatter>(make: (locale: string) => Formatter): (locale: string) => Formatter {
  const made = new Map<string, Formatter>();
  return (locale) => {
    const formatter = made.get(locale) ?? make(locale);
    made.set(locale, formatter);
    return formatter;
  };
}

const relatives = perLocale((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const dates = perLocale((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }));
const datesAndTimes = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }),
);

/** Return the time in this format, or an empty text for an invalid time. */
const format = (time: number, formatter: Intl.DateTimeFormat): string =>
  Number.isNaN(time) ? '' : formatter.format(time);

/** Return the day and the time of day. Returns an empty text for an invalid time. */
export const dateAndTime = (time: string, locale: string): string =>
  format(Date.parse(time), datesAndTimes(locale));

/**
 * Return the time as "now", "5 minutes ago" or "yesterday", or as a date after a week. Returns an
 * empty text for an invalid time.
 */
export function relativeTime(time: string, now: number, locale: string): string {
  const timestamp = Date.parse(time);
  // The server's clock may be ahead of ours. Never show a time in the future.
  const age = Math.max(0, now - timestamp);
  if (!(age < 7 * DAY)) return format(timestamp, dates(locale));
  const relative = relatives(locale);
  if (age < MINUTE) return relative.format(0, 'second');
  if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return relative.format(-Math.floor(age / HOUR), 'hour');
  return relative.format(-Math.floor(age / DAY), 'day');
}
