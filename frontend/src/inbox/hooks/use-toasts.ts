import { useCallback, useState } from 'react';
import { isUnread, type Notification } from '../notification';
import { useInboxContext } from './inbox-context';
import { useArrivals } from './use-arrivals';
import { useNotifications } from './use-notifications';

/** How many are shown at a time; of the rest it is said how many they are. */
const MOST_SHOWN = 3;

interface Toasts {
  /** Newest first. */
  readonly items: readonly Notification[];
  readonly more: number;
  readonly dismiss: (id: string) => void;
  readonly clear: () => void;
}

/** The latest arrivals until they are dismissed, read, archived or gone; none while `isQuiet`. */
export function useToasts(isQuiet: boolean): Toasts {
  const { inbox } = useInboxContext();
  useNotifications(); // to look again at what became of them
  const [ids, setIds] = useState<readonly string[]>([]);
  useArrivals((arrived) => {
    if (!isQuiet) setIds((shown) => [...new Set([...arrived.map(({ id }) => id), ...shown])]);
  });
  const clear = useCallback(() => {
    setIds([]);
  }, []);
  const dismiss = useCallback((id: string) => {
    setIds((shown) => shown.filter((each) => each !== id));
  }, []);
  if (isQuiet && ids.length > 0) setIds([]);
  const items = ids
    .slice(0, MOST_SHOWN)
    .flatMap((id) => inbox.store.find(id) ?? [])
    .filter(isUnread);
  return { items, more: Math.max(0, ids.length - MOST_SHOWN), dismiss, clear };
}
