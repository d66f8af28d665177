import { createContext, useContext } from 'react';
import type { Inbox } from '../inbox';
import type { InboxWords } from '../words/languages/es';
import type { Translate } from '../words/translate';

export interface InboxContextValue {
  readonly inbox: Inbox;
  /** The locale of the words, and of dates and numbers. */
  readonly locale: string;
  readonly words: Translate<keyof InboxWords>;
  /** Reports to the host an error that the inbox has caught. */
  readonly onError: (error: unknown) => void;
}

export const InboxContext = createContext<InboxContextValue | undefined>(undefined);

export function useInboxContext(): InboxContextValue {
  const value = useContext(InboxContext);
  if (!value) throw new Error('This component or hook needs a <NotificationProvider> around it.');
  return value;
}
