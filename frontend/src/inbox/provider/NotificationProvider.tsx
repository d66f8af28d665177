import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { InboxContext } from '../hooks/inbox-context';
import { Inbox, type InboxOptions } from '../inbox';
import { loadInboxWhenIdle } from '../panel/load-inbox';
import '../ui/theme.css';
import type { InboxWords } from '../words/languages/es';
import { Announcer } from './Announcer';
import { useLocale } from './use-locale';
import { useWords } from './use-words';

type NotificationProviderProps = InboxOptions & {
  /**
   * A BCP 47 tag. By default, the first of the shopper's languages (`navigator.languages`) that the
   * inbox has, or Spanish.
   */
  readonly locale?: string;
  /** The host's own texts, in the language of `locale`. */
  readonly words?: InboxWords;
  readonly children: ReactNode;
};

/**
 * Provides one shopper's inbox to the components below it. The addresses are read once. To switch
 * to another shopper, change the `key`. A new `token` of the same shopper is used at once.
 */
export function NotificationProvider(props: NotificationProviderProps) {
  const { token, getToken, words: ownWords, children } = props;
  if ((token === undefined) === (getToken === undefined))
    throw new TypeError(
      '<NotificationProvider> needs one of `token` and `getToken`, and not both.',
    );
  const [inbox] = useState(() => new Inbox(props));

  useEffect(() => {
    if (token !== undefined) inbox.takeToken(token);
  }, [inbox, token]);

  useEffect(() => {
    // StrictMode mounts, unmounts and mounts again at once. So start later, and only if still
    // mounted.
    const timer = setTimeout(() => {
      inbox.start();
    });
    return () => {
      clearTimeout(timer);
      inbox.stop();
    };
  }, [inbox]);

  useEffect(loadInboxWhenIdle, []);

  const { words, locale: shown } = useWords(useLocale(props.locale), ownWords);
  const value = useMemo(() => ({ inbox, locale: shown, words }), [inbox, shown, words]);
  return (
    <InboxContext.Provider value={value}>
      {children}
      <Announcer />
    </InboxContext.Provider>
  );
}
