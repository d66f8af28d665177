import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { useNow } from '../hooks/use-now';
import { EmptyState, FailedState, LoadingState } from './InboxStates';
import styles from './inbox.module.css';
import { NotificationItem } from './NotificationItem';

interface InboxListProps {
  readonly onNavigate: ((href: string) => void) | undefined;
}

export function InboxList({ onNavigate }: InboxListProps) {
  const { words } = useInboxContext();
  const { items, list, hasMore, isLoadingMore, arrivals, markRead, loadMore } = useNotifications();
  const now = useNow();
  if (items.length === 0 && !hasMore) {
    if (list === 'loading') return <LoadingState />;
    return list === 'failed' ? <FailedState /> : <EmptyState />;
  }
  const fresh = new Set(arrivals.items.map(({ id }) => id));
  return (
    <>
      <ol className={styles.list}>
        {items.map((item) => (
          <NotificationItem
            key={item.id}
            item={item}
            now={now}
            isFresh={fresh.has(item.id)}
            onRead={markRead}
            onNavigate={onNavigate}
          />
        ))}
      </ol>
      {hasMore && (
        <button
          type="button"
          className={styles.more}
          data-testid="load-more"
          disabled={isLoadingMore}
          onClick={loadMore}
        >
          {words(isLoadingMore ? 'list.more.loading' : 'list.more')}
        </button>
      )}
    </>
  );
}
