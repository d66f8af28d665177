import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { InboxContext } from '../hooks/inbox-context';
import { useWords } from './use-words';
import { Inbox, type InboxOptions } from '../inbox';
import type { InboxWords } from '../words/languages/es';
import { Announcer } from './Announcer';
import { loadInboxAtRest } from '../panel/load-inbox';

type NotificationProviderProps = InboxOptions & {
  /** A BCP 47 tag; Spanish where there is no such language. */
  readonly locale?: string;
  /** The host's own words, in the language of `locale`. */
  readonly words?: InboxWords;
  readonly children: ReactNode;
};

/**
 * One shopper's inbox for everything below. The addresses are read once: give another `key` to
 * serve another shopper. A `token` that changes is taken into use.
 */
export function NotificationProvider(props: NotificationProviderProps) {
  const { token, getToken, locale = 'es', words: own, children } = props;
  if ((token === undefined) === (getToken === undefined))
    throw new TypeError('<NotificationProvider> needs one of `token` and `getToken`.');
  const [inbox] = useState(() => new Inbox(props));

  useEffect(() => {
    if (token !== undefined) inbox.takeToken(token);
  }, [inbox, token]);

  useEffect(() => {
    // StrictMode mounts, unmounts and mounts in one go: only what is still mounted afterwards starts.
    const timer = setTimeout(() => {
      inbox.start();
    });
    return () => {
      clearTimeout(timer);
      inbox.stop();
    };
  }, [inbox]);

  useEffect(loadInboxAtRest, []);

  const { words, locale: shown } = useWords(locale, own);
  const value = useMemo(() => ({ inbox, locale: shown, words }), [inbox, shown, words]);
  return (
    <InboxContext value={value}>
      {children}
      <Announcer />
    </InboxContext>
  );
}
