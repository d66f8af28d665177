import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import styles from './status.module.css';

/** Shows whether arrivals are live: a dot, and a word if there is room. */
export function ConnectionStatus() {
  const { words } = useInboxContext();
  const { connection } = useNotifications();
  const word = words(`connection.${connection}`);
  return (
    <span
      className={styles.status}
      role="status"
      data-testid="connection-state"
      data-state={connection}
      title={word}
    >
      <span className={styles.dot} aria-hidden="true" />
      <span className={styles.word}>{word}</span>
    </span>
  );
}
