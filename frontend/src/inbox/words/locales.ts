import { en } from './en';
import { es, type InboxWords } from './es';

/** One file a language; what is listed here can be chosen. */
export const LOCALES = { es, en } satisfies Record<string, InboxWords>;

export type Locale = keyof typeof LOCALES;
