const GAP_PX = 8;

/** A place on the page: an element, or where the shopper tapped. */
export interface Place {
  readonly getBoundingClientRect: () => Box;
}

type Box = Pick<DOMRect, 'top' | 'right' | 'bottom' | 'left'>;

/**
 * Return by how many pixels to move a box up or down, so that it covers none of the others and
 * stays within `height`. Returns the smallest such shift, or 0 if there is no room. Ignores boxes
 * that are taller than half of `height`, such as a part of the page that has the focus.
 */
export function clearShift(box: Box, all: readonly Box[], height: number): number {
  const others = all.filter(
    ({ top, right, bottom, left }) =>
      bottom - top < height / 2 && left < box.right && right > box.left,
  );
  const isClear = (shift: number) =>
    box.top + shift >= 0 &&
    box.bottom + shift <= height &&
    others.every(({ top, bottom }) => top >= box.bottom + shift || bottom <= box.top + shift);
  const shifts = others.flatMap(({ top, bottom }) => [
    bottom + GAP_PX - box.top,
    top - GAP_PX - box.bottom,
  ]);
  return [0, ...shifts].sort((a, b) => Math.abs(a) - Math.abs(b)).find(isClear) ?? 0;
}

/** Move the region so that it covers neither the bell, nor the focused element, nor the place. */
export function moveAside(region: HTMLElement, place: Place | undefined): void {
  if (!region.firstChild) return;
  const { activeElement, body } = document;
  const isElsewhere = activeElement !== body && !region.contains(activeElement);
  const root = region.getRootNode() as ParentNode;
  const places = [
    ...root.querySelectorAll('[data-inbox-bell]'),
    place,
    isElsewhere ? activeElement : undefined,
  ];
  const boxes = places.flatMap((each) => each?.getBoundingClientRect() ?? []);
  region.style.translate = '';
  const shift = clearShift(region.getBoundingClientRect(), boxes, window.innerHeight);
  region.style.translate = `0 ${shift}px`;
}
