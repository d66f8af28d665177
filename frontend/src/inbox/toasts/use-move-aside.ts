import { useEffect, useRef, type RefObject } from 'react';
import { useLayoutEffect } from '../hooks/use-layout-effect';
import { listen } from '../transport/listen';
import { moveAside, type Place } from './move-aside';

/** A tap inside one of these keeps the whole element uncovered. */
const CONTROL = 'a, button, input, select, textarea, label, summary';
/** A tap elsewhere keeps this many pixels uncovered in each direction. */
const FINGER_PX = 24;
const SIDE_PX = 2 * FINGER_PX;

const around = (x: number, y: number): Place => ({
  getBoundingClientRect: () => new DOMRect(x - FINGER_PX, y - FINGER_PX, SIDE_PX, SIDE_PX),
});

/** Keep the region from covering the bell, the focused element, and what was tapped last. */
export function useMoveAside(region: RefObject<HTMLElement | null>): void {
  const tapped = useRef<Place>(undefined);
  // Move at each change of the toasts. The browser paints later, on a busy device much later, and a
  // tap before that would hit a new toast that has not been moved yet.
  useLayoutEffect(() => {
    if (region.current) moveAside(region.current, tapped.current);
  });
  useEffect(() => {
    const { current } = region;
    if (!current) return;
    const move = () => {
      moveAside(current, tapped.current);
    };
    const onEvent = (event: Event) => {
      const [target] = event.composedPath();
      // A tap on the region itself is not on a toast: those that fade out are inert.
      if (!(target instanceof Element) || current.contains(target.parentNode)) return;
      if (event instanceof MouseEvent)
        tapped.current = target.closest(CONTROL) ?? around(event.clientX, event.clientY);
      move();
    };
    const endTaps = listen(document, { pointerdown: onEvent }, true);
    const endFocus = listen(document, { focusin: onEvent });
    // Move before each paint, also while toasts fade out. Until they are gone, they take up room,
    // and after a burst no clear place may be left.
    const sizes = 'ResizeObserver' in window ? new ResizeObserver(move) : undefined;
    sizes?.observe(current);
    return () => {
      sizes?.disconnect();
      endTaps();
      endFocus();
    };
  }, [region]);
}
