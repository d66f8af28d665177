import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useStored } from '../chrome/use-stored';
import { matchLocale } from '../inbox/words/locales';
import { translator, type Translate } from '../inbox/words/translate';
import type { RoomWords } from './words/languages/es';

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

/** Each language is a file of its own. The page loads only the one that it shows. */
const FILES = {
  es: () => import('./words/languages/es'),
  en: () => import('./words/languages/en'),
};
type Tag = keyof typeof FILES;
const isTag = (tag: string | undefined): tag is Tag => tag === 'es' || tag === 'en';

const LOADED = new Map<Tag, RoomWords>();

/** Load the texts of a language, so that it can be shown at once. */
export async function loadWords(tag: Tag): Promise<void> {
  const { words } = await FILES[tag]();
  LOADED.set(tag, words);
}

/**
 * Provides the language chosen in this browser, or else the first of the browser's languages that
 * we have. Until its texts are loaded, the page keeps the previous language, or shows nothing.
 */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, choose] = useStored('language');
  const wanted = [navigator.language, ...navigator.languages];
  const available = isTag(chosen) ? [chosen] : ['es', 'en'];
  const fallback = isTag(chosen) ? chosen : 'es';
  const match = matchLocale(wanted, available) ?? { locale: fallback, tag: fallback };
  const tag = isTag(match.tag) ? match.tag : fallback;
  const [shown, show] = useState({ tag, locale: match.locale });
  const [failed, setFailed] = useState(false);
  const { locale } = match;
  useEffect(() => {
    let isOver = false;
    loadWords(tag).then(
      () => {
        if (!isOver) show({ tag, locale });
      },
      () => {
        // The file is missing because a new build has other files, or the service is down.
        if (!isOver) setFailed(true);
      },
    );
    return () => {
      isOver = true;
    };
  }, [tag, locale]);
  const words = LOADED.get(shown.tag);
  const next = tag === 'es' ? 'en' : 'es';
  const language = useMemo(
    () =>
      words && {
        locale: shown.locale,
        next,
        say: translator<keyof RoomWords>(words, shown.locale),
        toggle: () => {
          choose(next);
        },
      },
    [words, shown, next, choose],
  ) satisfies Language | undefined;
  const title = language?.say('room.name');
  useEffect(() => {
    document.documentElement.lang = shown.tag;
    if (title !== undefined) document.title = title;
  }, [shown, title]);
  if (language)
    return <LanguageContext.Provider value={language}>{children}</LanguageContext.Provider>;
  return failed ? <p role="alert">{UNLOADED}</p> : null;
}

/** This text is in both languages, because no file of texts is loaded. */
const UNLOADED =
  'La página no se ha podido cargar; vuelve a abrirla. / The page could not be loaded; open it again.';

export function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (!language) throw new Error('`useLanguage` needs a <LanguageProvider> around the component.');
  return language;
}
