import type { Notification } from '../domain/notification';
import type { InboxStore } from '../store/inbox-store';
import { newsAmong } from '../store/news';

/** How many are shown at a time; of the rest it is said how many they are. */
const MOST_SHOWN = 3;
const SHOWN_MS = 6_000;

export interface ShownToasts {
  /** Newest first. */
  readonly items: readonly Notification[];
  readonly more: number;
}

export const NO_TOASTS: ShownToasts = { items: [], more: 0 };

/** Why the toasts wait. */
export type Hold = 'pointer' | 'focus' | 'hidden';

/**
 * Owns which arrivals are shown for a while. What gives way to newer ones is counted until the last
 * that is shown is gone, and rests in the inbox. While they are held, no time passes.
 */
export class ToastQueue {
  readonly #store: InboxStore;
  readonly #onChange: (toasts: ShownToasts) => void;
  /** When each that is shown goes, by `#clock`; the first to go is the first. */
  readonly #ends = new Map<string, number>();
  readonly #given = new Set<string>();
  readonly #holds = new Set<Hold>();
  #heldSince = 0;
  #heldFor = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: InboxStore, onChange: (toasts: ShownToasts) => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  add(arrived: readonly Notification[]): void {
    const end = this.#clock + SHOWN_MS;
    for (const { id } of arrived.toReversed()) this.#ends.set(id, end);
    for (const id of [...this.#ends.keys()].slice(0, -MOST_SHOWN)) {
      this.#ends.delete(id);
      this.#given.add(id);
    }
    this.look();
  }

  readonly dismiss = (id: string): void => {
    this.#ends.delete(id);
    this.look();
  };

  readonly clear = (): void => {
    this.#ends.clear();
    this.look();
  };

  hold(why: Hold, isHeld: boolean): void {
    const wasHeld = this.#holds.size > 0;
    if (isHeld) this.#holds.add(why);
    else this.#holds.delete(why);
    const isStill = this.#holds.size > 0;
    if (isStill === wasHeld) return;
    const now = performance.now();
    if (isStill) this.#heldSince = now;
    else this.#heldFor += now - this.#heldSince;
    this.#wait();
  }

  /** Drops what is no news any more: read, archived, superseded or erased, here or elsewhere. */
  readonly look = (): void => {
    const items = this.#newsAmong(this.#ends);
    if (items.length === 0) this.#given.clear();
    const more = this.#newsAmong(this.#given).length;
    this.#wait();
    if (items.length === 0) this.#letGo();
    this.#onChange(items.length === 0 ? NO_TOASTS : { items, more });
  };

  #newsAmong(ids: Map<string, number> | Set<string>): readonly Notification[] {
    if (ids.size === 0) return [];
    const news = newsAmong(this.#store.state, ids);
    const left = new Set(news.map(({ id }) => id));
    for (const id of ids.keys()) if (!left.has(id)) ids.delete(id);
    return news;
  }

  /** What was pointed at, or had the focus, is gone: no event tells of its leaving. */
  #letGo(): void {
    this.hold('pointer', false);
    this.hold('focus', false);
  }

  get #clock(): number {
    return (this.#holds.size > 0 ? this.#heldSince : performance.now()) - this.#heldFor;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const [next] = this.#ends.values();
    if (next === undefined || this.#holds.size > 0) return;
    this.#timer = setTimeout(this.#expire, Math.max(0, next - this.#clock));
  }

  readonly #expire = (): void => {
    const now = this.#clock;
    for (const [id, end] of this.#ends) if (end <= now) this.#ends.delete(id);
    this.look();
  };
}
