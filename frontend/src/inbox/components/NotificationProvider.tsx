import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { InboxContext } from '../hooks/inbox-context';
import { Inbox, type InboxOptions } from '../inbox';
import { LOCALES, type Locale } from '../words/locales';
import { translator } from '../words/translate';
import { Announcer } from './Announcer';

interface NotificationProviderProps extends InboxOptions {
  readonly locale?: Locale;
  readonly children: ReactNode;
}

/**
 * One shopper's inbox for everything below. The options are read once: give another `key` to serve
 * another shopper.
 */
export function NotificationProvider(props: NotificationProviderProps) {
  const { apiUrl, socketUrls, getToken, locale = 'es', children } = props;
  const [inbox] = useState(() => new Inbox({ apiUrl, socketUrls, getToken }));

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

  const value = useMemo(
    () => ({ inbox, locale, words: translator(LOCALES[locale], locale) }),
    [inbox, locale],
  );
  return (
    <InboxContext value={value}>
      {children}
      <Announcer />
    </InboxContext>
  );
}
