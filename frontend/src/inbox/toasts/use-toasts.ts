import { useEffect, useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useArrivals } from '../hooks/use-arrivals';
import { listen } from '../transport/listen';
import { NO_TOASTS, ToastQueue, type ShownToasts } from './shown-toasts';

/**
 * Return the toasts to show, and the queue that times them. While `isQuiet` is set, there are no
 * toasts.
 */
export function useToasts(isQuiet: boolean): ShownToasts & { readonly queue: ToastQueue } {
  const { store } = useInboxContext().inbox;
  const [shown, setShown] = useState(NO_TOASTS);
  const [queue] = useState(() => new ToastQueue(store, setShown));
  useArrivals((arrived) => {
    if (!isQuiet) queue.add(arrived);
  });
  useEffect(() => {
    if (isQuiet) queue.clear();
  }, [isQuiet, queue]);
  useEffect(() => {
    const holdWhileHidden = () => {
      queue.hold('hidden', document.hidden);
    };
    holdWhileHidden();
    const endWatch = listen(document, { visibilitychange: holdWhileHidden });
    const unsubscribe = store.subscribe(queue.update);
    return () => {
      endWatch();
      unsubscribe();
      queue.clear();
    };
  }, [store, queue]);
  return { ...(isQuiet ? NO_TOASTS : shown), queue };
}
