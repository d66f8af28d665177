import { useEffect, useRef, type FocusEvent, type RefObject } from 'react';

interface FocusWithin {
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: (event: FocusEvent) => void;
}

/**
 * Report whether the keyboard's focus is within the region. When the focused element is removed,
 * move the keyboard's focus to the element that `next` selects. If there is none, or if the focus
 * came by a click, move it back to where it came from.
 */
export function useFocusWithin(
  region: RefObject<HTMLElement | null>,
  next: string,
  onChange: (isWithin: boolean) => void,
): FocusWithin {
  const cameFrom = useRef<EventTarget>(undefined);
  const isByKeyboard = useRef(false);
  useEffect(() => {
    if (!cameFrom.current || document.activeElement !== document.body) return;
    const here = isByKeyboard.current ? region.current?.querySelector<HTMLElement>(next) : null;
    const target = here ?? cameFrom.current;
    if (!here) cameFrom.current = undefined;
    if (target instanceof HTMLElement) target.focus();
  });
  return {
    onFocus: ({ target, relatedTarget }) => {
      cameFrom.current ??= relatedTarget ?? document.body;
      // A click also moves the focus, and the focus then stays there. So count only the keyboard.
      isByKeyboard.current = target.matches(':focus-visible');
      onChange(isByKeyboard.current);
    },
    onBlur: ({ currentTarget, relatedTarget }) => {
      if (relatedTarget && currentTarget.contains(relatedTarget)) return;
      cameFrom.current = undefined;
      onChange(false);
    },
  };
}
