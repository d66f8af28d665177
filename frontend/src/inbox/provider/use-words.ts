import { useEffect, useMemo, useState } from 'react';
import type { InboxWords } from '../words/languages/es';
import { loadLanguage, nearestTag, SPANISH, type Language } from '../words/languages';
import { translator, type Translate } from '../words/translate';

type Words = Translate<keyof InboxWords>;

const NO_WORDS: Words = () => '';

/**
 * The words for a locale. Until those of another language are there, the last ones stay, and at
 * the very beginning there are none: no flash of the wrong language. A host may bring its `own`.
 */
export function useWords(
  locale: string,
  own: InboxWords | undefined,
): { readonly words: Words; readonly locale: string } {
  const tag = nearestTag(locale);
  const [loaded, setLoaded] = useState<Language | undefined>(
    tag === SPANISH.tag ? SPANISH : undefined,
  );
  useEffect(() => {
    if (own) return;
    let isWanted = true;
    void loadLanguage(tag).then(
      (language) => {
        if (isWanted) setLoaded(language);
      },
      (error: unknown) => {
        // Words of another language are better than none at all.
        if (isWanted) setLoaded((before) => before ?? SPANISH);
        throw error; // for the page's own reporting of errors
      },
    );
    return () => {
      isWanted = false;
    };
  }, [tag, own]);
  return useMemo(() => {
    if (own) return { words: translator<keyof InboxWords>(own, locale), locale };
    if (!loaded) return { words: NO_WORDS, locale: tag };
    // Of the language that is shown, the shopper's own kind: es-AR writes numbers its way.
    const shown = loaded.tag === tag ? locale : loaded.tag;
    return { words: translator<keyof InboxWords>(loaded.words, shown), locale: shown };
  }, [loaded, locale, own, tag]);
}
