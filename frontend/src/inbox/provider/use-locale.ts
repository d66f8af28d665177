import { useSyncExternalStore } from 'react';
import { listen } from '../transport/listen';
import { nearest, SPANISH } from '../words/languages';
import { canonicalLocale } from '../words/locales';

const subscribe = (onChange: () => void) => listen(window, { languagechange: onChange });

/**
 * Normally, `languages` starts with `language`. Read both, because some pages replace only one of
 * them.
 */
const preferred = () => nearest([navigator.language, ...navigator.languages]).locale;

/**
 * The server does not know the shopper's languages. Its markup and the first render are in Spanish.
 */
const onServer = () => SPANISH.tag;

/** Return the host's locale, or the first of the shopper's languages that the inbox has. */
export function useLocale(own: string | undefined): string {
  const shoppers = useSyncExternalStore(subscribe, preferred, onServer);
  return own === undefined ? shoppers : (canonicalLocale(own) ?? SPANISH.tag);
}
