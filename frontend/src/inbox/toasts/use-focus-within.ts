import { useEffect, useRef, type FocusEvent, type RefObject } from 'react';

interface FocusWithin {
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: (event: FocusEvent) => void;
  readonly onPointerDown: () => void;
  readonly onPointerUp: () => void;
}

/**
 * Tells whether the keyboard's focus is within, and lets none get lost when what had it is gone: it
 * goes on to what `next` selects, else back to where it came from.
 */
export function useFocusWithin(
  region: RefObject<HTMLElement | null>,
  next: string,
  onChange: (isWithin: boolean) => void,
): FocusWithin {
  const cameFrom = useRef<EventTarget>(undefined);
  const isByKeyboard = useRef(false);
  const isPressed = useRef(false);
  useEffect(() => {
    if (!cameFrom.current || document.activeElement !== document.body) return;
    const here = isByKeyboard.current ? region.current?.querySelector<HTMLElement>(next) : null;
    const target = here ?? cameFrom.current;
    if (!here) cameFrom.current = undefined;
    if (target instanceof HTMLElement) target.focus();
  });
  return {
    onFocus: ({ relatedTarget }) => {
      cameFrom.current ??= relatedTarget ?? document.body;
      // A click focuses as well, and nothing would take that focus away again.
      isByKeyboard.current = !isPressed.current;
      onChange(isByKeyboard.current);
    },
    onBlur: ({ currentTarget, relatedTarget }) => {
      if (relatedTarget && currentTarget.contains(relatedTarget)) return;
      cameFrom.current = undefined;
      onChange(false);
    },
    onPointerDown: () => {
      isPressed.current = true;
    },
    onPointerUp: () => {
      isPressed.current = false;
    },
  };
}
