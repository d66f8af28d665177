import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { CloseIcon } from './icons';
import styles from './notice.module.css';

const WHAT = {
  list: 'problem.list',
  more: 'problem.more',
  read: 'problem.read',
  'read-all': 'problem.read-all',
} as const;

const WHY = {
  unreachable: 'problem.unreachable',
  unauthorized: 'problem.unauthorized',
  rejected: 'problem.rejected',
  failing: 'problem.failing',
} as const;

/** What could not be done, why, and the server's own word on it. */
export function ProblemNotice() {
  const { words } = useInboxContext();
  const { problem, dismissProblem } = useNotifications();
  if (!problem) return null;
  return (
    <div className={styles.notice} data-tone="bad" role="alert" data-testid="problem">
      <p>
        {words(WHAT[problem.during])} {words(WHY[problem.kind])}
        {problem.detail && <small>{problem.detail}</small>}
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
