import { useCallback, useState } from 'react';
import { isUnread, type Notification } from '../notification';
import { useInboxContext } from './inbox-context';
import { useArrivals } from './use-arrivals';
import { useNotifications } from './use-notifications';

/** How many are shown at a time; of the rest it is said how many they are. */
const MOST_SHOWN = 3;

interface Shown {
  /** Newest first, at most three. */
  readonly ids: readonly string[];
  /** How many have given way to newer ones since there was none: they are in the inbox. */
  readonly more: number;
}

const NONE: Shown = { ids: [], more: 0 };

function withArrivals({ ids, more }: Shown, arrived: readonly string[]): Shown {
  const all = [...new Set([...arrived, ...ids])];
  return { ids: all.slice(0, MOST_SHOWN), more: more + Math.max(0, all.length - MOST_SHOWN) };
}

function without({ ids, more }: Shown, id: string): Shown {
  const left = ids.filter((each) => each !== id);
  return left.length === 0 ? NONE : { ids: left, more };
}

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
  const [shown, setShown] = useState(NONE);
  useArrivals((arrived) => {
    const ids = arrived.map(({ id }) => id);
    if (!isQuiet) setShown((before) => withArrivals(before, ids));
  });
  const clear = useCallback(() => {
    setShown(NONE);
  }, []);
  const dismiss = useCallback((id: string) => {
    setShown((before) => without(before, id));
  }, []);
  if (isQuiet && shown !== NONE) setShown(NONE);
  const items = shown.ids.flatMap((id) => inbox.store.find(id) ?? []).filter(isUnread);
  return { items, more: shown.more, dismiss, clear };
}
