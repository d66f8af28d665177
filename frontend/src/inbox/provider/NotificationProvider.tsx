import { useMemo, type ReactNode } from 'react';
import { InboxContext } from '../hooks/inbox-context';
import { useLatest } from '../hooks/use-latest';
import type { InboxOptions } from '../inbox';
import '../ui/theme.css';
import type { InboxWords } from '../words/languages/es';
import { Contained } from '../ui/Contained';
import { Announcer } from './Announcer';
import { useInbox } from './use-inbox';
import { useLocale } from './use-locale';
import { useWords } from './use-words';

export type NotificationProviderProps = InboxOptions & {
  /**
   * A BCP 47 tag. By default, the first of the shopper's languages (`navigator.languages`) that the
   * inbox has, or Spanish.
   */
  readonly locale?: string;
  /** The host's own texts, in the language of `locale`. */
  readonly words?: InboxWords;
  /**
   * Called with each error that the inbox has caught, because a component broke or a prop cannot
   * work. By default, the error is written to the console.
   */
  readonly onError?: (error: unknown) => void;
  /**
   * Whether this provider announces arrivals to screen readers. Set it to false if another provider
   * of the same shopper is in the page. True by default.
   */
  readonly announces?: boolean;
  readonly children: ReactNode;
};

/**
 * Provides one shopper's inbox to the components below it. The addresses are read once. To switch
 * to another shopper, change the `key`. A new `token` of the same shopper is used at once.
 */
export function NotificationProvider(props: NotificationProviderProps) {
  const { words: ownWords, onError, announces = true, children } = props;
  // React itself writes what a component throws to the console, so only call `onError`.
  const report = useLatest((error: unknown) => {
    try {
      onError?.(error);
    } catch (ownError) {
      // The caller is an error boundary, or has work to finish. So the host's page must survive.
      reportError(ownError);
    }
  });
  const inbox = useInbox(props, onError);
  const { words, locale: shown } = useWords(useLocale(props.locale), ownWords);
  const value = useMemo(
    () => ({ inbox, locale: shown, words, onError: report }),
    [inbox, shown, words, report],
  );
  return (
    <InboxContext.Provider value={value}>
      {children}
      <Contained>{announces && <Announcer />}</Contained>
    </InboxContext.Provider>
  );
}
