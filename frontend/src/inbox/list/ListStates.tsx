import { problemWords } from '../connection/problem-words';
import { useInboxContext } from '../hooks/inbox-context';
import { useLooks } from '../hooks/looks';
import { useNotifications } from '../hooks/use-notifications';
import { ArchiveIcon, BellIcon, CloudOffIcon } from '../ui/icons';
import hidden from '../ui/visually-hidden.module.css';
import styles from './states.module.css';

const SKELETONS = [1, 2, 3, 4];

/** Placeholders while the list loads for the first time. */
export function LoadingState() {
  const { words } = useInboxContext();
  return (
    <div role="status" data-testid="list-loading">
      <span className={hidden.visuallyHidden}>{words('list.loading')}</span>
      {SKELETONS.map((row) => (
        <div key={row} className={styles.skeleton} aria-hidden="true">
          <span />
          <span />
          <span />
        </div>
      ))}
    </div>
  );
}

const EMPTY = {
  all: ['list.empty', 'list.empty.hint'],
  unread: ['list.empty.unread', 'list.empty.unread.hint'],
  archived: ['list.empty.archived', 'list.empty.archived.hint'],
} as const;

/** The text for an empty list. Each filter has its own. */
export function EmptyState() {
  const { words } = useInboxContext();
  const { filter } = useNotifications();
  const { slots } = useLooks();
  const [headline, hint] = EMPTY[filter === 'unread' || filter === 'archived' ? filter : 'all'];
  if (slots?.empty) return slots.empty(filter);
  return (
    <div className={styles.state} data-testid="list-empty">
      <span className={styles.emblem}>
        {filter === 'archived' ? <ArchiveIcon /> : <BellIcon />}
      </span>
      <p className={styles.headline}>{words(headline)}</p>
      <p>{words(hint)}</p>
    </div>
  );
}

/** The text for a list that could not be loaded, with a button to retry. */
export function FailedState() {
  const { words } = useInboxContext();
  const { problem, retry } = useNotifications();
  return (
    <div className={styles.state} role="alert" data-testid="list-failed">
      <span className={styles.emblem}>
        <CloudOffIcon />
      </span>
      <p className={styles.headline}>{words('list.failed')}</p>
      {problem && <p>{problemWords(problem, words)}</p>}
      <button type="button" onClick={retry}>
        {words('retry')}
      </button>
    </div>
  );
}
