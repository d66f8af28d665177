import { createContext, useContext, useEffect, useMemo, type ReactNode } from 'react';
import { matchLocale, translator, type Translate } from '../inbox';
import { useStored } from '../chrome/use-stored';
import { DEMO_LANGUAGES } from './words/languages';
import { words as SPANISH, type DemoWords } from './words/languages/es';

interface Language {
  /** The locale of dates and money, such as `en-GB`. */
  readonly locale: string;
  /** The language of the texts, such as `en`. */
  readonly tag: string;
  /** The language that `toggle` switches to. */
  readonly next: string;
  readonly words: Translate<keyof DemoWords>;
  readonly toggle: () => void;
}

const LanguageContext = createContext<Language | undefined>(undefined);

const TAGS = ['es', ...[...DEMO_LANGUAGES.keys()].filter((tag) => tag !== 'es')];

/** Return the language chosen in this browser, or else the first of its languages that we have. */
function languageOf(chosen: string | undefined) {
  const wanted = [navigator.language, ...navigator.languages];
  const own = TAGS.filter((tag) => tag === chosen);
  const fallback = own[0] ?? 'es';
  return matchLocale(wanted, own.length ? own : TAGS) ?? { locale: fallback, tag: fallback };
}

/** Provides the language of the shop. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, choose] = useStored('language');
  const { locale, tag } = languageOf(chosen);
  const next = TAGS[(TAGS.indexOf(tag) + 1) % TAGS.length] ?? 'es';
  useEffect(() => {
    document.documentElement.lang = tag;
  }, [tag]);
  const language = useMemo(
    () => ({
      locale,
      tag,
      next,
      words: translator<keyof DemoWords>(DEMO_LANGUAGES.get(tag) ?? SPANISH, locale),
      toggle: () => {
        choose(next);
      },
    }),
    [locale, tag, next, choose],
  );
  return <LanguageContext.Provider value={language}>{children}</LanguageContext.Provider>;
}

export function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (!language) throw new Error('`useLanguage` needs a <LanguageProvider> around the component.');
  return language;
}
