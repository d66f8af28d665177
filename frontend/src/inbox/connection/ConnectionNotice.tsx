import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import type { InboxSnapshot } from '../store/inbox-store';
import { CloudOffIcon } from '../ui/icons';
import { ServerWords } from './ServerWords';
import styles from './notice.module.css';

const WORDS = {
  connecting: undefined,
  online: undefined,
  offline: 'notice.offline',
  limited: 'notice.limited',
  blocked: 'notice.blocked',
  refused: 'notice.refused',
} as const;

/**
 * Return the key of the text. Undefined if there is nothing to explain, or if the failure is shown
 * elsewhere.
 */
function wordsFor({ connection, socket, unsent, problem, isCrowdedOut }: InboxSnapshot) {
  // While the socket is online, only REST calls can fail. `unsent` and `ProblemNotice` show that.
  const isShownElsewhere = socket === 'online' && (unsent > 0 || problem !== null);
  if (connection === 'limited' && isShownElsewhere) return undefined;
  return connection === 'refused' && isCrowdedOut ? 'notice.crowded' : WORDS[connection];
}

/** Explains why nothing arrives live, and how many actions are unsent, with a button to retry. */
export function ConnectionNotice() {
  const { words } = useInboxContext();
  const { retry, ...inbox } = useNotifications();
  const { refusal, unsent, isCrowdedOut } = inbox;
  const isRefused = inbox.connection === 'refused';
  const text = wordsFor(inbox);
  if (!text && unsent === 0) return null;
  return (
    <div
      className={styles.notice}
      data-testid="connection-notice"
      data-tone={isRefused ? 'bad' : 'quiet'}
      role={isRefused ? 'alert' : 'status'}
    >
      <CloudOffIcon />
      <p>
        {text && words(text)}
        {refusal && !isCrowdedOut && (
          <ServerWords text={words('notice.reason', { reason: refusal })} />
        )}
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
