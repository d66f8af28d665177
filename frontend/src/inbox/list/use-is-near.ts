import { useEffect, useState, type RefObject } from 'react';

interface Nearness {
  readonly isNear: boolean;
  /** The element's last known height, in pixels. */
  readonly height: number | undefined;
}

/**
 * Return whether the element is within `margin` (CSS syntax) of the visible part of `scroller`.
 * Without IntersectionObserver, every element counts as near.
 */
export function useIsNear(
  element: RefObject<HTMLElement | null>,
  scroller: RefObject<HTMLElement | null>,
  margin: string,
  isNearAtFirst: boolean,
): Nearness {
  const [nearness, setNearness] = useState<Nearness>({ isNear: isNearAtFirst, height: undefined });
  useEffect(() => {
    if (!element.current || !('IntersectionObserver' in window)) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1);
        if (!entry) return;
        const { height } = entry.boundingClientRect;
        setNearness({ isNear: entry.isIntersecting, height });
      },
      { root: scroller.current, rootMargin: margin },
    );
    observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  }, [element, scroller, margin]);
  return 'IntersectionObserver' in window ? nearness : { isNear: true, height: undefined };
}
