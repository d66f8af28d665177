import { words as es, type InboxWords } from './languages/es';
import { matchLocale } from './locales';

/**
 * The languages of the inbox. Each is a file in `languages/`, named by its BCP 47 tag; to add one,
 * add a file. Spanish is built in, and the others are loaded when they are chosen.
 */
const OTHERS = import.meta.glob<InboxWords | readonly string[]>(
  ['./languages/*.ts', '!./languages/es.ts'],
  {
    import: 'words',
  },
);

export interface Language {
  readonly tag: string;
  readonly words: InboxWords;
}

export const SPANISH: Language = { tag: 'es', words: es };

const fileOf = (tag: string) => `./languages/${tag}.ts`;
const TAGS = [SPANISH.tag, ...Object.keys(OTHERS).map((path) => path.slice(12, -3))];

/** Return the first locale whose language the inbox has, and the tag of that language. */
export const nearest = (locales: readonly string[]) =>
  matchLocale(locales, TAGS) ?? { locale: SPANISH.tag, tag: SPANISH.tag };

/**
 * Return the texts of a language by their keys. To save space, the build may replace a language's
 * texts by a list without keys, in the order of the Spanish texts.
 */
export const named = (texts: InboxWords | readonly string[]) =>
  (Array.isArray(texts)
    ? Object.fromEntries(Object.keys(es).map((key, index) => [key, texts[index]]))
    : texts) as InboxWords;

/** Load a language. Rejects if its file cannot be loaded. */
export async function loadLanguage(tag: string): Promise<Language> {
  const load = OTHERS[fileOf(tag)];
  return load ? { tag, words: named(await load()) } : SPANISH;
}
