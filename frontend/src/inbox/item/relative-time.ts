const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "now", "5 minutes ago", "yesterday"; a date beyond a week. Empty if the moment cannot be read. */
export function relativeTime(moment: string, now: number, locale: string): string {
  const then = Date.parse(moment);
  if (Number.isNaN(then)) return '';
  // A server's clock may run ahead of ours; nothing has happened in the future.
  const age = Math.max(0, now - then);
  if (age >= 7 * DAY) {
    return new Intl.DateTimeFormat(locale, {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
    }).format(then);
  }
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (age < MINUTE) return relative.format(0, 'second');
  if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return relative.format(-Math.floor(age / HOUR), 'hour');
  return relative.format(-Math.floor(age / DAY), 'day');
}
