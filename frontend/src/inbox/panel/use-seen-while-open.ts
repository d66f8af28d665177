import { useContext, useEffect, useRef } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { listen } from '../transport/listen';
import { LeavingContext } from './leaving';

/**
 * Mark everything as seen while the inbox is open on a visible page: when it opens, at each
 * arrival, and when the shopper comes back to the page. Each arrival is marked only once, so that a
 * refused request is not repeated.
 */
export function useSeenWhileOpen(): void {
  const { store } = useInboxContext().inbox;
  const { counts, list, arrivals, markAllSeen } = useNotifications();
  // What arrives while the popover fades out is shown as a toast, and counts in the badge.
  const isLeaving = useContext(LeavingContext);
  const isDue = counts.unseen > 0 && list === 'ready' && !isLeaving;
  const sweptUpTo = useRef('');
  useEffect(() => {
    const see = () => {
      const newest = store.state.items[0]?.id ?? '';
      if (!isDue || document.hidden || newest <= sweptUpTo.current) return;
      sweptUpTo.current = newest;
      markAllSeen();
    };
    see();
    return listen(document, { visibilitychange: see });
  }, [store, isDue, arrivals, markAllSeen]);
}
