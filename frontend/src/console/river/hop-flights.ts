import type { Motion } from '../model/room';
import styles from './hops.module.css';

/** If more dots moved at a time, they would look like a line. */
const MOST = 12;
const FLIGHT_MS = 700;
const STILL = '(prefers-reduced-motion: reduce)';

interface Line {
  readonly from: string;
  readonly to: string;
  readonly path: string;
}

/** Moves a dot from the owner's card to the edge's for each push that took a hop. Owns the dots. */
export class HopFlights {
  #dots: HTMLElement[] = [];
  #busyUntil: number[] = [];
  #layer: HTMLElement | undefined;
  #lines: readonly Line[] = [];

  /** Move the dots in this element, along these lines. */
  show(layer: HTMLElement, lines: readonly Line[]): void {
    this.#lines = lines;
    if (this.#layer === layer) return;
    this.#layer = layer;
    this.#dots = Array.from({ length: MOST }, () => {
      const dot = document.createElement('span');
      dot.className = styles.dot ?? '';
      return dot;
    });
    this.#busyUntil = this.#dots.map(() => 0);
    layer.append(...this.#dots);
  }

  readonly move = ({ records }: Motion): void => {
    if (window.matchMedia(STILL).matches) return;
    for (const { kind, owner, edge } of records)
      if (kind === 'delivered' && owner !== null && edge !== null && owner !== edge)
        this.#fly(owner, edge);
  };

  #fly(owner: string, edge: string): void {
    const line = this.#lines.find(
      ({ from, to }) => (from === owner && to === edge) || (from === edge && to === owner),
    );
    const now = performance.now();
    const free = this.#busyUntil.findIndex((until) => until < now);
    const dot = this.#dots[free];
    if (!line || !dot) return;
    this.#busyUntil[free] = now + FLIGHT_MS;
    dot.style.offsetPath = `path('${line.path}')`;
    const way = line.from === owner ? ['0%', '100%'] : ['100%', '0%'];
    dot.animate(
      { offsetDistance: way, opacity: [0, 1, 1, 0] },
      { duration: FLIGHT_MS, easing: 'ease-in-out' },
    );
  }
}
