import { createContext, use } from 'react';
import type { Inbox } from '../inbox';
import type { InboxWords } from '../words/es';
import type { Locale } from '../words/locales';
import type { Translate } from '../words/translate';

export interface InboxContextValue {
  readonly inbox: Inbox;
  readonly locale: Locale;
  readonly words: Translate<keyof InboxWords>;
}

export const InboxContext = createContext<InboxContextValue | undefined>(undefined);

export function useInboxContext(): InboxContextValue {
  const value = use(InboxContext);
  if (!value) throw new Error('This needs a <NotificationProvider> around it.');
  return value;
}
