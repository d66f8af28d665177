const DURATION_MS = 180;

/**
 * If the element leaves the page before the next frame, put it back for a moment, and let it shrink
 * and fade. Meanwhile it is inert, and has no ids, so that no code finds it.
 */
export function fadeOut(element: HTMLElement | null): void {
  const parent = element?.parentElement;
  if (!parent || !('animate' in element)) return;
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const next = element.nextSibling;
  const blockSize = `${element.offsetHeight}px`;
  requestAnimationFrame(() => {
    if (element.isConnected || !parent.isConnected) return;
    element.inert = true;
    for (const node of [element, ...element.querySelectorAll('*')])
      for (const name of ['id', 'data-id', 'data-testid']) node.removeAttribute(name);
    parent.insertBefore(element, next?.parentNode === parent ? next : null);
    const gone = { blockSize: 0, paddingBlock: 0, opacity: 0, overflow: 'hidden' };
    const shown = { blockSize, opacity: 1, overflow: 'hidden' };
    const remove = () => {
      element.remove();
    };
    element
      .animate([shown, gone], { duration: DURATION_MS, easing: 'ease-in' })
      .finished.then(remove, remove);
  });
}
