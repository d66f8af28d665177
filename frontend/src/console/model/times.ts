const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const padded = (count: number) => String(count).padStart(2, '0');

/** Return a running clock: `0:07`, `12:30` or `1:02:03`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const end = padded(seconds % 60);
  return hours > 0 ? `${hours}:${padded(minutes)}:${end}` : `${minutes}:${end}`;
}

/** Return how long something took, with useful precision: `3 ms`, `1.2 s`, `4 min`, `2 h`. */
export function spanText(ms: number, locale: string): string {
  const text = (value: number, unit: string, digits: number) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      maximumFractionDigits: digits,
    }).format(value);
  if (ms < SECOND) return text(ms, 'millisecond', ms < 10 ? 1 : 0);
  if (ms < MINUTE) return text(ms / SECOND, 'second', 1);
  if (ms < HOUR) return text(ms / MINUTE, 'minute', 0);
  return ms < 48 * HOUR ? text(ms / HOUR, 'hour', 0) : text(ms / (24 * HOUR), 'day', 0);
}

/** Return the time of day to the second, or to the millisecond if `digits` is 3. */
export const timeText = (at: string, locale: string, digits?: 3): string =>
  new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(digits && { fractionalSecondDigits: digits }),
  }).format(new Date(at));

/** Return the date and time, for moments that may be on another day. */
export const momentText = (at: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(
    new Date(at),
  );
