import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { translator, type Locale, type Translate } from '../inbox';
import { DEMO_LOCALES, type DemoWords } from './words/locales';

const KEY = 'language';

interface Language {
  readonly locale: Locale;
  readonly words: Translate<keyof DemoWords>;
  readonly toggle: () => void;
}

const LanguageContext = createContext<Language | undefined>(undefined);

/** Spanish, unless this browser has chosen English. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [locale, setLocale] = useState<Locale>(() =>
    localStorage.getItem(KEY) === 'en' ? 'en' : 'es',
  );
  useEffect(() => {
    document.documentElement.lang = locale;
    localStorage.setItem(KEY, locale);
  }, [locale]);
  const language = useMemo(
    () => ({
      locale,
      words: translator(DEMO_LOCALES[locale], locale),
      toggle: () => {
        setLocale((current) => (current === 'es' ? 'en' : 'es'));
      },
    }),
    [locale],
  );
  return <LanguageContext value={language}>{children}</LanguageContext>;
}

export function useLanguage(): Language {
  const language = use(LanguageContext);
  if (!language) throw new Error('This needs a <LanguageProvider> around it.');
  return language;
}
