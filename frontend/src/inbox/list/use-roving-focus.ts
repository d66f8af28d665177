import { useCallback, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent } from 'react';
import type { Notification } from '../domain/notification';
import { useKeptFocus } from '../hooks/use-kept-focus';

const STEPS: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  Home: () => 0,
  End: (_, last) => last,
};

interface Current {
  readonly id: string | undefined;
  /** See `RovingFocus.focusRequest`. */
  readonly focusRequest: number;
}

export interface RovingFocus {
  /** The only item that Tab leads to. */
  readonly currentId: string | undefined;
  /**
   * Changes with each move. A new number means that the current item must take the focus; 0 means
   * that the focus stays where it is.
   */
  readonly focusRequest: number;
  readonly focus: (id: string) => void;
  readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

/** Return the item that contains the element. */
export const rowOf = (element: EventTarget): HTMLElement | null =>
  element instanceof Element ? element.closest<HTMLElement>('[data-id]') : null;

/** Return the id of the notification whose item contains the element. */
export const idOf = (element: EventTarget): string | undefined => rowOf(element)?.dataset.id;

/**
 * Give the whole list one tab stop, which the arrow keys, Home and End move. This is the roving
 * `tabindex` of the ARIA Authoring Practices. When the focused item leaves the list, the item in
 * its place gets the focus. If the list is then empty, `onEmpty` must move the focus.
 */
export function useRovingFocus(items: readonly Notification[], onEmpty: () => void): RovingFocus {
  const [current, setCurrent] = useState<Current>({ id: undefined, focusRequest: 0 });
  const [lastIndex, setLastIndex] = useState(0);
  const requests = useRef(0);
  const position = items.findIndex(({ id }) => id === current.id);
  const index = position >= 0 ? position : Math.max(0, Math.min(lastIndex, items.length - 1));
  const currentId = items[index]?.id;
  if (position >= 0 && position !== lastIndex) setLastIndex(position);

  const focus = useCallback((id: string) => {
    setCurrent({ id, focusRequest: (requests.current += 1) });
  }, []);

  const { onFocus, onBlur } = useKeptFocus(() => {
    if (currentId === undefined) onEmpty();
    else focus(currentId);
  });

  return useMemo(
    () => ({
      currentId,
      focusRequest: current.focusRequest,
      focus,
      onFocus: (event) => {
        onFocus();
        const id = idOf(event.target);
        if (id === undefined) return;
        setCurrent((last) =>
          last.id === id && last.focusRequest === 0 ? last : { id, focusRequest: 0 },
        );
      },
      onBlur,
      onKeyDown: (event) => {
        const step = STEPS[event.key];
        if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
        const next = items[step(index, items.length - 1)];
        event.preventDefault();
        if (next) focus(next.id);
      },
    }),
    [currentId, focus, index, items, current.focusRequest, onFocus, onBlur],
  );
}
