import { useCallback, useEffect, useState, type ComponentType } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { LoadingState } from '../list/ListStates';
import stateStyles from '../list/states.module.css';
import { loadedInbox, loadInbox } from './load-inbox';
import type { NotificationInboxProps } from './NotificationInbox';
import styles from './panel.module.css';

/** The inbox, as a separate chunk. The provider loads it when the page is idle. */
export function NotificationInbox(props: NotificationInboxProps) {
  const { words } = useInboxContext();
  const [Inbox, setInbox] = useState<ComponentType<NotificationInboxProps> | undefined>(
    loadedInbox,
  );
  const [isFailed, setIsFailed] = useState(false);
  const load = useCallback(() => {
    loadInbox().then(
      (loaded) => {
        setInbox(() => loaded);
      },
      () => {
        setIsFailed(true);
      },
    );
  }, []);
  useEffect(load, [load]);
  if (Inbox) return <Inbox {...props} />;
  return (
    <section id={props.id} className={styles.inbox} aria-label={words('inbox.title')}>
      {isFailed ? (
        <div className={stateStyles.state} role="alert">
          <p className={stateStyles.headline}>{words('list.failed')}</p>
          <button type="button" onClick={load}>
            {words('retry')}
          </button>
        </div>
      ) : (
        <LoadingState />
      )}
    </section>
  );
}
