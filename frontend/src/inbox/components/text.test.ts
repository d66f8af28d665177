import { describe, expect, it } from 'vitest';
import { relativeTime } from './relative-time';
import { safeLink } from './safe-link';

describe('links', () => {
  it.each(['/orders/1', 'orders/1', '?a=1', '#a'])('%s stays on the site', (url) => {
    expect(safeLink(url)).toEqual({ href: url, isExternal: false });
  });

  it.each(['https://example.com/a', 'http://example.com'])('%s leads elsewhere', (url) => {
    expect(safeLink(url)).toEqual({ href: url, isExternal: true });
  });

  it.each([
    null,
    '',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'java\nscript:alert(1)',
    '\u0000javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'blob:http://localhost/1',
    'file:///etc/passwd',
    'mailto:a@example.com',
    '//example.com',
    '/\\example.com',
    'https://',
  ])('%j is not followed', (url) => {
    expect(safeLink(url)).toBeUndefined();
  });
});

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

  it('are left out where there is none', () => {
    expect(relativeTime('', now, 'es')).toBe('');
  });
});
