import type { LaneLog, RecordStatus } from '../model/lane-log';
import styles from './track.module.css';

/** How fast the picture follows the log: in this time, it covers 63 % of the distance. */
const EASE_MS = 130;
/** If the picture is nearer to the log than this, in records, it counts as arrived. */
const ARRIVED = 0.02;
/**
 * Dots are placed relative to a base that is at most this many records away. So their positions in
 * pixels stay small: browsers keep only 24 bits of them.
 */
const FARTHEST = 4096;

// The glow is a shadow, which the browser paints together with the strip. If the dot were scaled
// instead, it would get a layer of its own, which is empty for a moment.
const GLOW: Keyframe[] = [
  { boxShadow: '0 0 0 4px color-mix(in srgb, var(--room-acked) 45%, transparent)' },
  { boxShadow: '0 0 0 0 transparent' },
];
const BURST: Keyframe[] = [
  { opacity: 0, translate: '0 4px' },
  { opacity: 1, translate: '0 0', offset: 0.15 },
  { opacity: 1, offset: 0.7 },
  { opacity: 0 },
];

/**
 * Draws the end of one log into an element: a dot for each record, the newest at the right end, and
 * the mark of the committed offset. It reuses as many dots as fit into the element. Owns the
 * element's children.
 */
export class TrackPainter {
  readonly log: LaneLog;
  readonly root: HTMLElement;
  readonly #pitch: number;
  readonly #band = child('band');
  readonly #strip = child('strip');
  readonly #mark = child('mark');
  readonly #tag = child('tag');
  readonly #burst = child('burst');
  #width = 0;
  #end: number;
  #committed: number;
  #base = 0;
  #drawn = -1;
  #dots: HTMLElement[] = [];
  #offsets: number[] = [];
  #statuses: (RecordStatus | undefined)[] = [];
  #pasts: boolean[] = [];
  /** What the dots show now. If this stays the same, only the strip has to move. */
  #shown = { last: -1, past: -1, version: -1 };
  #bursting = 0;

  constructor(log: LaneLog, root: HTMLElement, pitch: number) {
    this.log = log;
    this.root = root;
    this.#pitch = pitch;
    this.#end = log.end;
    this.#committed = log.committed;
    this.#base = Math.floor(log.end);
    this.#mark.append(this.#tag);
    root.replaceChildren(this.#band, this.#strip, this.#mark, this.#burst);
  }

  resize(width: number): void {
    this.#width = width;
    const count = Math.ceil(width / this.#pitch) + 3;
    if (count === this.#dots.length) return;
    this.#dots = Array.from({ length: count }, () => child('dot'));
    this.#strip.replaceChildren(...this.#dots);
    this.#offsets = [];
    this.#statuses = [];
    this.#pasts = [];
    this.#drawn = -1;
    this.#shown.last = -1;
  }

  /** Draw the next frame. Return whether there is more to move. */
  frame(elapsedMs: number, isStill: boolean): boolean {
    const { end, committed, version } = this.log;
    const isThere = this.#end === end && this.#committed === committed;
    if ((isThere && this.#drawn === version) || this.#dots.length === 0) return false;
    const share = isStill ? 1 : 1 - Math.exp(-elapsedMs / EASE_MS);
    // Jump over what does not fit. After a burst, or in a tab that was hidden, the picture would
    // otherwise move for too long.
    const nearest = end - this.#dots.length;
    this.#end = approach(Math.max(this.#end, nearest), end, share);
    this.#committed = approach(this.#committed, committed, share);
    if (Math.abs(this.#end - this.#base) > FARTHEST) {
      this.#base = Math.floor(this.#end);
      this.#offsets = [];
      this.#shown.last = -1;
    }
    this.#place(isStill);
    this.#drawn = version;
    return this.#end !== end || this.#committed !== committed;
  }

  /** Show for a moment how many records arrived that are not drawn one by one. */
  burst(count: number, now: number): void {
    const isOver = now - this.#bursting > 900;
    const before = isOver ? 0 : Number(this.#burst.dataset.count ?? 0);
    this.#bursting = now;
    this.#burst.dataset.count = String(before + count);
    this.#burst.textContent = `+${before + count}`;
    this.#burst.getAnimations().forEach((animation) => {
      animation.cancel();
    });
    this.#burst.animate(BURST, { duration: 1200, easing: 'ease-out' });
  }

  #place(isStill: boolean): void {
    const pitch = this.#pitch;
    this.#strip.style.transform = `translateX(${((this.#base - this.#end) * pitch).toFixed(2)}px)`;
    const { end, version } = this.log;
    const last = Math.min(end - 1, Math.ceil(this.#end));
    const past = Math.round(this.#committed);
    const { last: lastShown, past: pastShown, version: versionShown } = this.#shown;
    if (last !== lastShown || past !== pastShown || version !== versionShown) {
      for (let offset = Math.max(0, last - this.#dots.length + 1); offset <= last; offset++)
        this.#dot(offset, offset < past, isStill);
      this.#shown = { last, past, version };
    }
    const pending = Math.max(0, (this.#end - this.#committed) * pitch);
    const shown = Math.min(pending, this.#width - 3);
    this.#mark.style.transform = `translateX(${(-shown).toFixed(2)}px)`;
    this.#band.style.transform = `scaleX(${(shown / Math.max(1, this.#width)).toFixed(4)})`;
    this.#mark.toggleAttribute('data-far', pending > shown + pitch);
    this.#mark.toggleAttribute('data-left', shown > this.#width - 64);
    const tag = String(this.log.committed);
    if (this.#tag.textContent !== tag) this.#tag.textContent = tag;
  }

  #dot(offset: number, isPast: boolean, isStill: boolean): void {
    const index = offset % this.#dots.length;
    const dot = this.#dots[index];
    if (!dot) return;
    const isNew = this.#offsets[index] !== offset;
    if (isNew) {
      this.#offsets[index] = offset;
      dot.style.transform = `translateX(${(offset - this.#base) * this.#pitch}px)`;
    }
    if (this.#pasts[index] !== isPast) dot.toggleAttribute('data-past', isPast);
    this.#pasts[index] = isPast;
    const status = this.log.statusAt(offset);
    if (this.#statuses[index] === status) return;
    this.#statuses[index] = status;
    dot.dataset.status = status;
    if (!isNew && !isStill && status === 'acked') dot.animate(GLOW, { duration: 350 });
  }
}

function child(name: 'band' | 'strip' | 'mark' | 'tag' | 'burst' | 'dot'): HTMLElement {
  const element = document.createElement('span');
  element.className = styles[name] ?? name;
  return element;
}

function approach(from: number, to: number, share: number): number {
  const next = from + (to - from) * share;
  return Math.abs(to - next) < ARRIVED ? to : next;
}
