import { words as es, type InboxWords } from './languages/es';

/**
 * The languages of the inbox: each a file in `languages/`, named by its BCP 47 tag; another one
 * needs no more than that. Spanish is built in, the others are loaded when they are chosen.
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

/** The language that comes nearest to what is asked for; Spanish where none does. */
export const nearestTag = (locale: string): string =>
  [locale, locale.split('-')[0] ?? ''].find((tag) => loaderOf(tag)) ?? SPANISH.tag;

/** Rejects where its words cannot be loaded. */
export async function loadLanguage(tag: string): Promise<Language> {
  const load = loaderOf(tag);
  return load ? { tag, words: await load() } : SPANISH;
}
