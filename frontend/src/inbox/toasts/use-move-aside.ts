import { useEffect, useRef, type RefObject } from 'react';
import { useLayoutEffect } from '../hooks/use-layout-effect';
import { moveAside, type Place } from './move-aside';

/** What a tap is meant for, if it is within one of these. */
const CONTROL = 'a, button, input, select, textarea, label, summary';
/** The place of a tap elsewhere reaches as far as this in each direction, in pixels. */
const FINGER_PX = 24;

const around = (x: number, y: number): Place => ({
  getBoundingClientRect: () => ({
    top: y - FINGER_PX,
    right: x + FINGER_PX,
    bottom: y + FINGER_PX,
    left: x - FINGER_PX,
  }),
});

/**
 * Keep the region off the bell, and off what has the focus or was tapped last. `content` is what
 * the region shows: with other content it has another size.
 */
export function useMoveAside(region: RefObject<HTMLElement | null>, content: unknown): void {
  const tapped = useRef<Place>(undefined);
  useLayoutEffect(() => {
    if (region.current) moveAside(region.current, tapped.current);
  }, [region, content]);
  useEffect(() => {
    const look = (event: Event) => {
      const [target] = event.composedPath();
      if (!(target instanceof Element) || !region.current || region.current.contains(target))
        return;
      if (event instanceof MouseEvent)
        tapped.current = target.closest(CONTROL) ?? around(event.clientX, event.clientY);
      moveAside(region.current, tapped.current);
    };
    document.addEventListener('pointerdown', look, true);
    document.addEventListener('focusin', look);
    // Toasts that fade out take their room until they are gone. After a burst, they may leave no
    // place that is clear, and a critical toast would stay on the bell.
    const sizes =
      'ResizeObserver' in window
        ? new ResizeObserver(() => {
            if (region.current) moveAside(region.current, tapped.current);
          })
        : undefined;
    if (region.current) sizes?.observe(region.current);
    return () => {
      sizes?.disconnect();
      document.removeEventListener('pointerdown', look, true);
      document.removeEventListener('focusin', look);
    };
  }, [region]);
}
