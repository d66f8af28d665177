import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { translator, type Translate } from '../inbox';
import { DEMO_LANGUAGES } from './words/languages';
import { words as SPANISH, type DemoWords } from './words/languages/es';

const KEY = 'language';

interface Language {
  readonly locale: string;
  /** The language that `toggle` switches to. */
  readonly next: string;
  readonly words: Translate<keyof DemoWords>;
  readonly toggle: () => void;
}

const LanguageContext = createContext<Language | undefined>(undefined);

const TAGS = ['es', ...[...DEMO_LANGUAGES.keys()].filter((tag) => tag !== 'es')];

/** Provides the language: the one chosen in this browser, or Spanish. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [locale, setLocale] = useState(
    () => TAGS.find((tag) => tag === localStorage.getItem(KEY)) ?? 'es',
  );
  const next = TAGS[(TAGS.indexOf(locale) + 1) % TAGS.length] ?? 'es';
  useEffect(() => {
    document.documentElement.lang = locale;
    localStorage.setItem(KEY, locale);
  }, [locale]);
  const language = useMemo(
    () => ({
      locale,
      next,
      words: translator<keyof DemoWords>(DEMO_LANGUAGES.get(locale) ?? SPANISH, locale),
      toggle: () => {
        setLocale(next);
      },
    }),
    [locale, next],
  );
  return <LanguageContext value={language}>{children}</LanguageContext>;
}

export function useLanguage(): Language {
  const language = use(LanguageContext);
  if (!language) throw new Error('`useLanguage` needs a <LanguageProvider> around the component.');
  return language;
}
