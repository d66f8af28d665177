import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { CloudOffIcon } from './icons';
import styles from './notice.module.css';

/** Says in words why nothing arrives live, if so, and what helps. */
export function ConnectionNotice() {
  const { words } = useInboxContext();
  const { connection, refusal, retry } = useNotifications();
  if (connection !== 'offline' && connection !== 'refused') return null;
  const isRefused = connection === 'refused';
  return (
    <div
      className={styles.notice}
      data-tone={isRefused ? 'bad' : 'quiet'}
      role={isRefused ? 'alert' : undefined}
    >
      <CloudOffIcon />
      <p>
        {words(isRefused ? 'notice.refused' : 'notice.offline')}
        {refusal && <small>{words('notice.reason', { reason: refusal })}</small>}
      </p>
      <button type="button" onClick={retry}>
        {words('retry')}
      </button>
    </div>
  );
}
