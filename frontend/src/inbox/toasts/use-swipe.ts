import { useRef, type DragEvent, type MouseEvent, type PointerEvent } from 'react';

/** A pointer that moves less than this, in pixels, counts as a tap. */
const TAP_PX = 8;
/** An element that was dragged at least this far, in pixels, is dismissed. */
const AWAY_PX = 64;

interface Swipe {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerCancel: (event: PointerEvent<HTMLElement>) => void;
  readonly onClickCapture: (event: MouseEvent) => void;
  readonly onDragStart: (event: DragEvent) => void;
}

/**
 * Let the pointer drag an element to either side or up, and call `onAway` if it is dragged far
 * enough.
 */
export function useSwipe(onAway: () => void): Swipe {
  const start = useRef<{ readonly x: number; readonly y: number }>(undefined);
  const isDragged = useRef(false);
  const moved = ({ clientX, clientY }: PointerEvent): readonly [number, number] =>
    start.current ? [clientX - start.current.x, clientY - start.current.y] : [0, 0];
  const end = ({ currentTarget }: PointerEvent<HTMLElement>) => {
    start.current = undefined;
    currentTarget.style.translate = '';
  };
  return {
    onPointerDown: ({ button, clientX, clientY }) => {
      isDragged.current = false;
      if (button === 0) start.current = { x: clientX, y: clientY };
    },
    onPointerMove: (event) => {
      const [x, y] = moved(event);
      // The mouse button was released outside the element, so the drag is over.
      if (event.buttons === 0 && start.current) end(event);
      else if (isDragged.current || Math.hypot(x, y) >= TAP_PX) {
        isDragged.current = true;
        event.currentTarget.style.translate = `${x}px ${Math.min(0, y)}px`;
      }
    },
    onPointerUp: (event) => {
      const [x, y] = moved(event);
      if (Math.hypot(x, Math.min(0, y)) >= AWAY_PX) onAway();
      else end(event);
    },
    onPointerCancel: (event) => {
      isDragged.current = false;
      end(event);
    },
    // The end of a swipe must not count as a click on the link under it.
    onClickCapture: (event) => {
      if (!isDragged.current) return;
      isDragged.current = false; // the next click may come from a key
      event.preventDefault();
      event.stopPropagation();
    },
    onDragStart: (event) => {
      event.preventDefault();
    },
  };
}
