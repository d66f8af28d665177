import { describe, expect, it } from 'vitest';
import { translator } from './translate';

describe('a translator', () => {
  const words = translator(
    { 'n.one': '{count} cosa', 'n.other': '{count} cosas', plain: 'Hola, {name}' },
    'es',
  );

  it('picks the plural form and formats numbers by the language’s rules', () => {
    expect([0, 1, 2, 1234, 1_000_000].map((count) => words('n', { count }))).toEqual([
      '0 cosas',
      '1 cosa',
      '2 cosas',
      '1.234 cosas',
      '1.000.000 cosas',
    ]);
  });

  it('inserts parameters unchanged', () => {
    expect(words('plain', { name: '$& {name}' })).toBe('Hola, $& {name}');
  });
});
