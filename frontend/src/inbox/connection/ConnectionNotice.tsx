import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { CloudOffIcon } from '../ui/icons';
import styles from './notice.module.css';

/** Explains why nothing arrives live, or which changes are unsaved, with a button to retry. */
export function ConnectionNotice() {
  const { words } = useInboxContext();
  const { connection, refusal, unsent, retry } = useNotifications();
  const isRefused = connection === 'refused';
  const isOffline = connection === 'offline';
  if (!isRefused && !isOffline && unsent === 0) return null;
  return (
    <div
      className={styles.notice}
      data-testid="connection-notice"
      data-tone={isRefused ? 'bad' : 'quiet'}
      role={isRefused ? 'alert' : 'status'}
    >
      <CloudOffIcon />
      <p>
        {isRefused && words('notice.refused')}
        {isOffline && words('notice.offline')}
        {refusal && <small>{words('notice.reason', { reason: refusal })}</small>}
        {unsent > 0 && (
          <span className={styles.unsent} data-testid="unsent">
            {words('notice.unsent', { count: unsent })}
          </span>
        )}
      </p>
      <button type="button" onClick={retry}>
        {words('retry')}
      </button>
    </div>
  );
}
