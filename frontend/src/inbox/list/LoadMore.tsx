import { useEffect, useRef, type RefObject } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import styles from './list.module.css';
import { useIsNear } from './use-is-near';

interface LoadMoreProps {
  readonly scroller: RefObject<HTMLElement | null>;
}

/**
 * Loads older items when the shopper scrolls near the end. The button is for retries after a
 * failure, and for browsers without IntersectionObserver.
 */
export function LoadMore({ scroller }: LoadMoreProps) {
  const { words } = useInboxContext();
  const { isLoadingMore, problem, loadMore } = useNotifications();
  const button = useRef<HTMLButtonElement>(null);
  const { isNear } = useIsNear(button, scroller, '800px 0px', false);
  const isDue =
    isNear && 'IntersectionObserver' in window && !isLoadingMore && problem?.during !== 'more';
  useEffect(() => {
    if (isDue) loadMore();
  }, [isDue, loadMore]);
  return (
    <button
      ref={button}
      type="button"
      className={styles.more}
      data-testid="load-more"
      aria-disabled={isLoadingMore}
      onClick={loadMore}
    >
      {words(isLoadingMore ? 'list.more.loading' : 'list.more')}
    </button>
  );
}
