import { words as es, type InboxWords } from './languages/es';

/**
 * The languages of the inbox. Each is a file in `languages/`, named by its BCP 47 tag; to add one,
 * add a file. Spanish is built in, and the others are loaded when they are chosen.
 */
const OTHERS = import.meta.glob<InboxWords>(['./languages/*.ts', '!./languages/es.ts'], {
  import: 'words',
});

export interface Language {
  readonly tag: string;
  readonly words: InboxWords;
}

export const SPANISH: Language = { tag: 'es', words: es };

const loaderOf = (tag: string) => OTHERS[`./languages/${tag}.ts`];

/** Return the tag of the language nearest to a locale, or Spanish if none matches. */
export const nearestTag = (locale: string): string =>
  [locale, locale.split('-')[0] ?? ''].find((tag) => loaderOf(tag)) ?? SPANISH.tag;

/** Load a language. Rejects if its file cannot be loaded. */
export async function loadLanguage(tag: string): Promise<Language> {
  const load = loaderOf(tag);
  return load ? { tag, words: await load() } : SPANISH;
}
