import { useEffect, useRef, type RefObject } from 'react';
import { useInboxContext } from '../hooks/inbox-context';

/** The answer if no item is rendered. It is greater than any id. */
const NOTHING_SHOWN = '~';

/**
 * Return a ref for the element that scrolls the list. The inbox then knows which items are
 * rendered, and reloads no more than these.
 */
export function useWatchedList(): RefObject<HTMLDivElement | null> {
  const { inbox } = useInboxContext();
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      inbox.watchList(() => {
        const rows = scroller.current?.querySelectorAll<HTMLElement>('li[data-id]') ?? [];
        return Array.from(rows).at(-1)?.dataset.id ?? NOTHING_SHOWN;
      }),
    [inbox],
  );
  return scroller;
}
