import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { CloseIcon } from '../ui/icons';
import { problemWords } from './problem-words';
import styles from './notice.module.css';

/**
 * What could not be done, why, and the server's own word where it says what was wrong with the call.
 * A list that could not be loaded at all says so itself, in its place.
 */
export function ProblemNotice() {
  const { words } = useInboxContext();
  const { problem, list, dismissProblem } = useNotifications();
  if (!problem || (problem.during === 'list' && list === 'failed')) return null;
  return (
    <div className={styles.notice} data-tone="bad" role="alert" data-testid="problem">
      <p>
        {problemWords(problem, words)}
        {problem.kind === 'rejected' && <small>{problem.detail}</small>}
      </p>
      <button
        type="button"
        className={styles.dismiss}
        onClick={dismissProblem}
        aria-label={words('dismiss')}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
