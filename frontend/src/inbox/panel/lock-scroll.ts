/**
 * Keep the page behind the sheet from scrolling. The space of the page's scrollbar stays, so that
 * nothing shifts. Returns a function that undoes this.
 */
export function lockScroll(): () => void {
  const { documentElement: root, body } = document;
  // The `overflow` of `html` decides how the window scrolls, or that of `body` if `html` has the
  // default.
  const scroller = getComputedStyle(root).overflowY === 'visible' ? body : root;
  const { overflow } = scroller.style;
  const { paddingInlineEnd } = body.style;
  const width = root.clientWidth;
  const padding = parseFloat(getComputedStyle(body).paddingInlineEnd) || 0;
  scroller.style.overflow = 'hidden';
  const grown = root.clientWidth - width;
  if (grown > 0) body.style.paddingInlineEnd = `${padding + grown}px`;
  return () => {
    scroller.style.overflow = overflow;
    body.style.paddingInlineEnd = paddingInlineEnd;
  };
}
