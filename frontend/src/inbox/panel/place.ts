/** Distances in pixels: from the bell, and from the edges of the window. */
const GAP = 8;
const MARGIN = 8;
const WIDTH = 408;
const HEIGHT = 640;
/** With less room than this below the bell, the popover opens above it if there is more there. */
const LEAST_HEIGHT = 360;

export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

type Edges = Pick<DOMRect, 'top' | 'bottom' | 'left' | 'right'>;

const within = (least: number, value: number, most: number) =>
  Math.max(least, Math.min(value, most));

/**
 * Return where the popover is: below the bell or above it, aligned with the bell's outer edge, and
 * always in the window.
 */
export function placeAt(
  bell: Edges,
  view: { readonly width: number; readonly height: number },
): Place {
  const below = view.height - bell.bottom - GAP - MARGIN;
  const above = bell.top - GAP - MARGIN;
  const isAbove = below < LEAST_HEIGHT && above > below;
  const all = view.height - 2 * MARGIN;
  // If the bell is scrolled out of view, this "room" would be larger than the window.
  const height = Math.min(HEIGHT, all, Math.max(LEAST_HEIGHT, isAbove ? above : below));
  const width = Math.min(WIDTH, view.width - 2 * MARGIN);
  const isAtRight = bell.left + bell.right > view.width;
  return {
    left: within(MARGIN, isAtRight ? bell.right - width : bell.left, view.width - MARGIN - width),
    top: within(
      MARGIN,
      isAbove ? bell.top - GAP - height : bell.bottom + GAP,
      view.height - MARGIN - height,
    ),
    width,
    height,
  };
}
