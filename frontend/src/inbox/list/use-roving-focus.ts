import {
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
} from 'react';
import type { Notification } from '../domain/notification';

const STEPS: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  Home: () => 0,
  End: (_, last) => last,
};

interface Wanted {
  readonly id: string | undefined;
  /** Another with each move, for the item to take the focus; 0 where it has taken it by itself. */
  readonly turn: number;
}

export interface RovingFocus {
  /** The one item that Tab leads to. */
  readonly currentId: string | undefined;
  /** Where it is another than before, and not 0, the current item has to take the focus. */
  readonly turn: number;
  readonly focus: (id: string) => void;
  readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

/** The notification whose item the element is in. */
export const idOf = (element: EventTarget): string | undefined =>
  element instanceof Element ? element.closest<HTMLElement>('[data-id]')?.dataset.id : undefined;

/**
 * One tab stop for the whole list, moved by the arrow keys, Home and End (the roving `tabindex` of
 * the ARIA Authoring Practices). When the item that has the focus leaves the list, the one that
 * takes its place has it; `onEmpty` says where it goes from an empty list.
 */
export function useRovingFocus(items: readonly Notification[], onEmpty: () => void): RovingFocus {
  const [wanted, setWanted] = useState<Wanted>({ id: undefined, turn: 0 });
  const [lastIndex, setLastIndex] = useState(0);
  const turns = useRef(0);
  const isWithin = useRef(false);
  const found = items.findIndex(({ id }) => id === wanted.id);
  const index = found >= 0 ? found : Math.max(0, Math.min(lastIndex, items.length - 1));
  const currentId = items[index]?.id;
  if (found >= 0 && found !== lastIndex) setLastIndex(found);

  const focus = useCallback((id: string) => {
    setWanted({ id, turn: (turns.current += 1) });
  }, []);

  useLayoutEffect(() => {
    // A removed element loses the focus to the page's body without an event.
    if (!isWithin.current || document.activeElement !== document.body) return;
    if (currentId === undefined) {
      isWithin.current = false;
      onEmpty();
    } else focus(currentId);
  }, [items, currentId, focus, onEmpty]);

  return useMemo(
    () => ({
      currentId,
      turn: wanted.turn,
      focus,
      onFocus: (event) => {
        isWithin.current = true;
        const id = idOf(event.target);
        if (id === undefined) return;
        setWanted((last) => (last.id === id && last.turn === 0 ? last : { id, turn: 0 }));
      },
      onBlur: (event) => {
        isWithin.current =
          event.relatedTarget !== null && event.currentTarget.contains(event.relatedTarget);
      },
      onKeyDown: (event) => {
        const step = STEPS[event.key];
        if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
        const next = items[step(index, items.length - 1)];
        event.preventDefault();
        if (next) focus(next.id);
      },
    }),
    [currentId, focus, index, items, wanted.turn],
  );
}
