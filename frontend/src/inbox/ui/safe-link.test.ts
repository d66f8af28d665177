import { describe, expect, it } from 'vitest';
import { safeLink } from './safe-link';

describe('links', () => {
  it.each(['/orders/1', 'orders/1', '?a=1', '#a'])('%s stays on the site', (url) => {
    expect(safeLink(url)).toEqual({ href: url, isExternal: false });
  });

  it.each(['https://example.com/a', 'http://example.com'])('%s leads to another site', (url) => {
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
