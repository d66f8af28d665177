import { useEffect, useMemo, useState } from 'react';
import { loadLanguage, nearest, SPANISH, type Language } from '../words/languages';
import type { InboxWords } from '../words/languages/es';
import { translator, type Translate } from '../words/translate';

type Words = Translate<keyof InboxWords>;

const NO_WORDS: Words = () => '';

/**
 * Return the texts for a locale. While another language loads, the previous texts stay. Before the
 * first language has loaded there are no texts, so that the wrong language never flashes up.
 * `ownWords` are the host's own texts.
 */
export function useWords(
  locale: string,
  ownWords: InboxWords | undefined,
): { readonly words: Words; readonly locale: string } {
  const { tag, locale: matched } = nearest([locale]);
  const [loaded, setLoaded] = useState<Language | undefined>(
    tag === SPANISH.tag ? SPANISH : undefined,
  );
  useEffect(() => {
    if (ownWords) return;
    let isWanted = true;
    void loadLanguage(tag).then(
      (language) => {
        if (isWanted) setLoaded(language);
      },
      (error: unknown) => {
        // Texts in another language are better than none.
        if (isWanted) setLoaded((before) => before ?? SPANISH);
        throw error; // so that the page's error reporting gets it
      },
    );
    return () => {
      isWanted = false;
    };
  }, [tag, ownWords]);
  return useMemo(() => {
    if (ownWords) return { words: translator<keyof InboxWords>(ownWords, locale), locale };
    if (!loaded) return { words: NO_WORDS, locale: tag };
    // Format for the shopper's region if the language matches: es-AR formats numbers differently.
    const shown = loaded.tag === tag ? matched : loaded.tag;
    return { words: translator<keyof InboxWords>(loaded.words, shown), locale: shown };
  }, [loaded, locale, matched, ownWords, tag]);
}
