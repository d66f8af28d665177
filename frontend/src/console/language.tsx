import { createContext, useContext, useEffect, useMemo, type ReactNode } from 'react';
import { useStored } from '../demo/use-stored';
import { matchLocale } from '../inbox/words/locales';
import { translator, type Translate } from '../inbox/words/translate';
import { words as ENGLISH } from './words/languages/en';
import { words as SPANISH, type RoomWords } from './words/languages/es';

export type Say = Translate<keyof RoomWords>;

interface Language {
  /** The locale of times and numbers, such as `en-GB`. */
  readonly locale: string;
  /** The language that `toggle` switches to. */
  readonly next: 'es' | 'en';
  readonly say: Say;
  readonly toggle: () => void;
}

const LanguageContext = createContext<Language | undefined>(undefined);

const WORDS = { es: SPANISH, en: ENGLISH };
const isTag = (tag: string | undefined): tag is keyof typeof WORDS => tag === 'es' || tag === 'en';

/** Provides the language chosen in this browser; else the browser's first that we have. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, choose] = useStored('language');
  const wanted = [navigator.language, ...navigator.languages];
  const available = isTag(chosen) ? [chosen] : ['es', 'en'];
  const fallback = isTag(chosen) ? chosen : 'es';
  const { locale, tag } = matchLocale(wanted, available) ?? { locale: fallback, tag: fallback };
  const next = tag === 'es' ? 'en' : 'es';
  const language = useMemo(
    () => ({
      locale,
      next,
      say: translator<keyof RoomWords>(isTag(tag) ? WORDS[tag] : SPANISH, locale),
      toggle: () => {
        choose(next);
      },
    }),
    [locale, tag, next, choose],
  ) satisfies Language;
  const title = language.say('room.name');
  useEffect(() => {
    document.documentElement.lang = tag;
    document.title = title;
  }, [tag, title]);
  return <LanguageContext.Provider value={language}>{children}</LanguageContext.Provider>;
}

export function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (!language) throw new Error('`useLanguage` needs a <LanguageProvider> around the component.');
  return language;
}
