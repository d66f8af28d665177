import { useEffect, useRef } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';

/**
 * Marks what is there as seen while the shopper has it before them: on opening, on each arrival,
 * and when they come back to the page. Each arrival once, so that a refusal is not asked for again.
 */
export function useSeenWhileOpen(): void {
  const { store } = useInboxContext().inbox;
  const { counts, list, arrivals, markAllSeen } = useNotifications();
  const isDue = counts.unseen > 0 && list === 'ready';
  const sweptUpTo = useRef('');
  useEffect(() => {
    const see = () => {
      const newest = store.state.items[0]?.id ?? '';
      if (!isDue || document.hidden || newest <= sweptUpTo.current) return;
      sweptUpTo.current = newest;
      markAllSeen();
    };
    see();
    document.addEventListener('visibilitychange', see);
    return () => {
      document.removeEventListener('visibilitychange', see);
    };
  }, [store, isDue, arrivals, markAllSeen]);
}
