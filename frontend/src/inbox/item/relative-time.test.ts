import { describe, expect, it, vi } from 'vitest';
import { dateAndTime, relativeTime } from './relative-time';

describe('relative times', () => {
  const now = Date.parse('2026-03-20T12:00:00Z');
  const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString();

  it.each([
    [0, 'ahora', 'now'],
    [-5000, 'ahora', 'now'],
    [59_000, 'ahora', 'now'],
    [60_000, 'hace 1 minuto', '1 minute ago'],
    [7_200_000, 'hace 2 horas', '2 hours ago'],
    [90_000_000, 'ayer', 'yesterday'],
    [864_000_000, '10 mar 2026', 'Mar 10, 2026'],
  ])('%i ms ago: %s, %s', (age, es, en) => {
    expect([relativeTime(ago(age), now, 'es'), relativeTime(ago(age), now, 'en')]).toEqual([
      es,
      en,
    ]);
  });

  it('are empty for an invalid time', () => {
    expect(relativeTime('', now, 'es')).toBe('');
  });

  it('make one formatter for each locale, however many are shown', () => {
    const made: string[] = [];
    class Dates extends Intl.DateTimeFormat {
      constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
        super(locale, options);
        made.push('date');
      }
    }
    class Relatives extends Intl.RelativeTimeFormat {
      constructor(locale?: string, options?: Intl.RelativeTimeFormatOptions) {
        super(locale, options);
        made.push('relative');
      }
    }
    const counting = { DateTimeFormat: { value: Dates }, RelativeTimeFormat: { value: Relatives } };
    vi.stubGlobal('Intl', Object.create(Intl, counting));
    for (const age of [0, 60_000, 90_000_000]) {
      relativeTime(ago(age), now, 'pt');
      dateAndTime(ago(age), 'pt');
    }
    vi.unstubAllGlobals();
    expect(made).toEqual(['relative', 'date']);
  });
});
