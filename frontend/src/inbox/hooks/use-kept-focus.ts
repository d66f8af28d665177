import { useMemo, useRef, type FocusEvent } from 'react';
import { useLayoutEffect } from './use-layout-effect';

interface KeptFocus {
  readonly onFocus: () => void;
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
}

/**
 * Return handlers for an element, and call `onLost` when what had the focus within it was removed.
 * `onLost` must move the focus, so that the keyboard does not start again at the top of the page.
 * Use it in a component that is rendered again at each such change.
 */
export function useKeptFocus(onLost: () => void): KeptFocus {
  const isWithin = useRef(false);
  useLayoutEffect(() => {
    // When the focused element is removed, the focus goes to the page's body without an event.
    if (!isWithin.current || document.activeElement !== document.body) return;
    isWithin.current = false;
    onLost();
  });
  return useMemo(
    () => ({
      onFocus: () => {
        isWithin.current = true;
      },
      onBlur: ({ currentTarget, relatedTarget }) => {
        isWithin.current = relatedTarget !== null && currentTarget.contains(relatedTarget);
      },
    }),
    [],
  );
}
