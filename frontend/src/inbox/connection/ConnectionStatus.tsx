import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import styles from './status.module.css';

const WORDS = {
  connecting: 'connection.connecting',
  online: 'connection.online',
  offline: 'connection.offline',
  refused: 'connection.refused',
  limited: 'connection.limited',
  blocked: 'connection.blocked',
} as const;

/** Shows whether arrivals are live: a dot, and a word if there is room. */
export function ConnectionStatus() {
  const { words } = useInboxContext();
  const { connection } = useNotifications();
  return (
    <span
      className={styles.status}
      role="status"
      data-testid="connection-state"
      data-state={connection}
      title={words(WORDS[connection])}
    >
      <span className={styles.dot} aria-hidden="true" />
      <span className={styles.word}>{words(WORDS[connection])}</span>
    </span>
  );
}
