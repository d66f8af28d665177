import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { CloseIcon } from '../ui/icons';
import styles from './notice.module.css';
import { problemWords } from './problem-words';
import { ServerWords } from './ServerWords';

/**
 * Shows what failed and why, with the server's explanation if it rejected the call. It omits a
 * list that could not be loaded at all, because the list itself reports that.
 */
export function ProblemNotice() {
  const { words } = useInboxContext();
  const { problem, list, dismissProblem } = useNotifications();
  if (!problem || (problem.during === 'list' && list === 'failed')) return null;
  return (
    <div className={styles.notice} data-tone="bad" role="alert" data-testid="problem">
      <p>
        {problemWords(problem, words)}
        {problem.kind === 'rejected' && <ServerWords text={problem.detail} />}
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
