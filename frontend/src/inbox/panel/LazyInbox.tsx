import {
  createElement,
  useCallback,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { LoadingState } from '../list/ListStates';
import stateStyles from '../list/states.module.css';
import { Contained } from '../ui/Contained';
import { loadedInbox, loadInbox, onInboxLoaded } from './load-inbox';
import type { NotificationInboxProps } from './NotificationInbox';
import styles from './panel.module.css';

/**
 * The inbox, as a separate chunk. The bell loads the chunk when the page is idle. If the inbox is
 * shown earlier, this component loads it.
 */
export function NotificationInbox(props: NotificationInboxProps) {
  const { words } = useInboxContext();
  const Inbox = useSyncExternalStore(onInboxLoaded, loadedInbox, () => undefined);
  const [isFailed, setIsFailed] = useState(false);
  const load = useCallback(() => {
    loadInbox().catch(() => {
      setIsFailed(true);
    });
  }, []);
  useEffect(load, [load]);
  const shell = (content: ReactNode) => (
    <section id={props.id} className={styles.inbox} aria-label={words('inbox.title')}>
      {content}
    </section>
  );
  const failed = (headline: 'inbox.broken' | 'list.failed', retry: () => void) =>
    shell(
      <div className={stateStyles.state} role="alert">
        <p className={stateStyles.headline}>{words(headline)}</p>
        <button type="button" onClick={retry}>
          {words('retry')}
        </button>
      </div>,
    );
  if (!Inbox) return isFailed ? failed('list.failed', load) : shell(<LoadingState />);
  return (
    <Contained fallback={(retry) => failed('inbox.broken', retry)}>
      {createElement(Inbox, props)}
    </Contained>
  );
}
