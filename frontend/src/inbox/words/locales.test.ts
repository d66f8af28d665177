import { describe, expect, it } from 'vitest';
import { canonicalLocale, matchLocale } from './locales';

describe('a locale', () => {
  it.each([
    [['en-GB'], { locale: 'en-GB', tag: 'en' }],
    [['fr', 'es-419', 'en'], { locale: 'es-419', tag: 'es' }],
    [['en_us'], { locale: 'en-US', tag: 'en' }],
    [['en-US@posix', 'es'], { locale: 'en-US', tag: 'en' }],
    [['pt-PT', 'pt-BR'], { locale: 'pt-BR', tag: 'pt-BR' }],
    [['zh-Hant-HK'], { locale: 'zh-Hant-HK', tag: 'zh-Hant' }],
    [['', 'C', '*', 'not a tag', 'es'], { locale: 'es', tag: 'es' }],
    [['fr', 'enx'], undefined],
    [[], undefined],
  ])('%j becomes %j', (wanted, matched) => {
    expect(matchLocale(wanted, ['es', 'en', 'pt-BR', 'zh-Hant'])).toEqual(matched);
  });

  it('is never one that `Intl` refuses', () => {
    expect(['en_GB', 'es-ES@posix', 'x', '☃', ''].map(canonicalLocale)).toEqual([
      'en-GB',
      'es-ES',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
