import { useEffect, useState, type RefObject } from 'react';

/**
 * Return whether CSS cuts one of the texts in the element that are marked with `data-clamp`. While
 * the texts are unfolded, return the last result.
 */
export function useIsCut(element: RefObject<HTMLElement | null>, isUnfolded: boolean): boolean {
  const [isCut, setIsCut] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (!current || isUnfolded || !('ResizeObserver' in window)) return;
    const observer = new ResizeObserver(() => {
      const texts = [...current.querySelectorAll('[data-clamp]')];
      // Allow one pixel for rounding, because the page may be zoomed.
      setIsCut(texts.some((text) => text.scrollHeight > text.clientHeight + 1));
    });
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, [element, isUnfolded]);
  return isCut;
}
