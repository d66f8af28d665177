import type { Motion } from '../model/room';
import type { TrackPainter } from './track-painter';

const STILL = '(prefers-reduced-motion: reduce)';
/** A frame advances by at most this time, so that the picture does not jump after a pause. */
const LONGEST_FRAME_MS = 50;

/**
 * Draws all tracks in one animation frame, and only while something moves. Owns the painters and
 * the request for the next frame.
 */
export class Stage {
  readonly #painters = new Map<Element, TrackPainter>();
  readonly #sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries)
      this.#painters.get(target)?.resize(contentRect.width);
    this.wake();
  });
  #request: number | undefined;
  #last = 0;

  /** Draw this track, until the returned function is called. */
  readonly add = (painter: TrackPainter): (() => void) => {
    this.#painters.set(painter.root, painter);
    this.#sizes.observe(painter.root);
    return () => {
      this.#sizes.unobserve(painter.root);
      this.#painters.delete(painter.root);
      if (this.#painters.size === 0) this.#rest();
    };
  };

  readonly move = ({ more }: Motion): void => {
    if (more.size > 0) {
      const now = performance.now();
      for (const painter of this.#painters.values()) {
        const count = more.get(painter.log.partition);
        if (count) painter.burst(count, now);
      }
    }
    this.wake();
  };

  readonly wake = (): void => {
    this.#request ??= requestAnimationFrame(this.#frame);
  };

  readonly #frame = (now: number): void => {
    this.#request = undefined;
    const elapsed = Math.min(LONGEST_FRAME_MS, this.#last ? now - this.#last : 16);
    this.#last = now;
    const isStill = window.matchMedia(STILL).matches;
    let moves = false;
    for (const painter of this.#painters.values()) moves = painter.frame(elapsed, isStill) || moves;
    if (moves) this.wake();
    else this.#last = 0;
  };

  #rest(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
  }
}
