import { describe, expect, it } from 'vitest';
import { DEMO_LOCALES } from './demo/words/locales';
import { LOCALES, translator } from './inbox';

const inboxSources = import.meta.glob<string>(
  ['./inbox/**/*.{ts,tsx}', '!**/*.test.*', '!**/words/*'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);
const demoSources = import.meta.glob<string>(
  ['./demo/**/*.{ts,tsx}', '!**/*.test.*', '!**/words/*'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

const PLURAL_FORM = /\.(zero|one|two|few|many|other)$/;

describe.each([
  ['inbox', LOCALES, inboxSources],
  ['demo', DEMO_LOCALES, demoSources],
])('the words of the %s', (_name, locales, sources) => {
  const { es, ...others } = locales as Record<string, Record<string, string>>;
  const source = Object.values(sources).join('\n');

  it('are the same in every language, none of them empty', () => {
    const keys = Object.keys(es ?? {}).sort();
    for (const words of Object.values(others)) {
      expect(Object.keys(words).sort()).toEqual(keys);
      expect(Object.values(words)).not.toContain('');
    }
  });

  it('have the same parameters in every language', () => {
    const parametersOf = (text: string | undefined) => text?.match(/\{\w+\}/g)?.sort() ?? [];
    for (const words of Object.values(others)) {
      for (const [key, text] of Object.entries(es ?? {})) {
        expect([key, parametersOf(words[key])]).toEqual([key, parametersOf(text)]);
      }
    }
  });

  it('are all used', () => {
    const unused = Object.keys(es ?? {}).filter(
      (key) => ![key, key.replace(PLURAL_FORM, '')].some((each) => source.includes(`'${each}'`)),
    );
    expect(unused).toEqual([]);
  });
});

describe('translating', () => {
  const words = translator(
    { 'n.one': '{count} cosa', 'n.other': '{count} cosas', plain: 'Hola, {name}' },
    'es',
  );

  it('picks the plural form by the rules of the language, and writes numbers its way', () => {
    expect([0, 1, 2, 1_000_000].map((count) => words('n', { count }))).toEqual([
      '0 cosas',
      '1 cosa',
      '2 cosas',
      '1.000.000 cosas',
    ]);
  });

  it('puts text in as it is', () => {
    expect(words('plain', { name: '$& {name}' })).toBe('Hola, $& {name}');
  });
});
