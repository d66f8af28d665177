import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import styles from './inbox.module.css';
import { plainText } from './plain-text';

/** Tells screen readers of live arrivals: one sentence for each push, however many it brought. */
export function Announcer() {
  const { words } = useInboxContext();
  const { arrivals } = useNotifications();
  const newest = arrivals.items[0];
  const title = plainText(newest?.title ?? '') || words('item.untitled');
  return (
    <p className={styles.visuallyHidden} role="status" aria-live="polite">
      {newest && (
        <span key={arrivals.turn}>
          {words('arrivals', { count: arrivals.items.length, title })}
        </span>
      )}
    </p>
  );
}
