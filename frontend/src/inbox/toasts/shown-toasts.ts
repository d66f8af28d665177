import type { Notification } from '../domain/notification';
import type { InboxStore } from '../store/inbox-store';
import { newsAmong } from '../store/news';

/** The maximum number of toasts shown at a time. Of the others, only the number is shown. */
const MAX_SHOWN = 3;
/** On a page that is no wider than this, as on phones, there is one toast at a time. */
const NARROW_PX = 640;
/** The maximum number of toasts that are counted, and of critical ones that wait to be shown. */
const MAX_COUNTED = 999;
const SHOWN_MS = 6_000;

export interface ShownToasts {
  /** Newest first. */
  readonly items: readonly Notification[];
  readonly more: number;
}

export const NO_TOASTS: ShownToasts = { items: [], more: 0 };

/** Why the toasts stay: the pointer or the focus is on a toast, or the page is hidden. */
export type Hold = 'pointer' | 'focus' | 'hidden';

/**
 * Owns which arrivals are shown as toasts, and until when. Critical ones stay until they are
 * dismissed. If there are too many of them, the older ones wait until there is room.
 *
 * If other toasts displace one that is not critical, it is only counted from then on, until the
 * last toast shown is gone. The inbox still has its notification. While the toasts are held, their
 * clock stands still.
 */
export class ToastQueue {
  readonly #store: InboxStore;
  readonly #onChange: (toasts: ShownToasts) => void;
  /**
   * The end time of each toast that is shown or waits, by `#clock`; `Infinity` for critical ones.
   */
  readonly #ends = new Map<string, number>();
  readonly #displaced = new Set<string>();
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
    for (const { id, severity } of arrived.toReversed())
      this.#ends.set(id, severity === 'critical' ? Infinity : end);
    this.update();
  }

  readonly dismiss = (id: string): void => {
    this.#ends.delete(id);
    this.update();
  };

  readonly clear = (): void => {
    this.#ends.clear();
    this.update();
  };

  hold(reason: Hold, isHeld: boolean): void {
    const wasHeld = this.#holds.size > 0;
    if (isHeld) this.#holds.add(reason);
    else this.#holds.delete(reason);
    const isHeldNow = this.#holds.size > 0;
    if (isHeldNow === wasHeld) return;
    const now = performance.now();
    if (isHeldNow) this.#heldSince = now;
    else this.#heldFor += now - this.#heldSince;
    this.#schedule();
  }

  /** Choose the toasts to show. Drops those whose items were read, archived, superseded or gone. */
  readonly update = (): void => {
    const news = this.#newsAmong(this.#ends);
    const isCritical = ({ id }: Notification) => this.#ends.get(id) === Infinity;
    const room = window.innerWidth > NARROW_PX ? MAX_SHOWN : 1;
    const criticalFirst = news.toSorted((a, b) => Number(isCritical(b)) - Number(isCritical(a)));
    const others = new Set(criticalFirst.slice(room));
    const items = news.filter((item) => !others.has(item));
    for (const item of others) {
      if (isCritical(item)) continue;
      this.#ends.delete(item.id);
      this.#displaced.add(item.id);
    }
    for (const ids of [this.#ends, this.#displaced])
      for (const id of [...ids.keys()].slice(0, -MAX_COUNTED)) ids.delete(id);
    if (items.length === 0) this.#displaced.clear();
    const waiting = [...others].filter(isCritical).length;
    const more = waiting + this.#newsAmong(this.#displaced).length;
    this.#schedule();
    if (items.length === 0) this.#releaseHolds();
    this.#onChange(items.length === 0 ? NO_TOASTS : { items, more });
  };

  #newsAmong(ids: Map<string, number> | Set<string>): readonly Notification[] {
    if (ids.size === 0) return [];
    const news = newsAmong(this.#store.state, ids);
    const newsIds = new Set(news.map(({ id }) => id));
    for (const id of ids.keys()) if (!newsIds.has(id)) ids.delete(id);
    return news;
  }

  /**
   * Release the holds of the pointer and the focus. When a toast is removed under them, no event
   * reports that they have left it.
   */
  #releaseHolds(): void {
    this.hold('pointer', false);
    this.hold('focus', false);
  }

  get #clock(): number {
    return (this.#holds.size > 0 ? this.#heldSince : performance.now()) - this.#heldFor;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const next = Math.min(...this.#ends.values());
    if (next === Infinity || this.#holds.size > 0) return;
    this.#timer = setTimeout(this.#expire, Math.max(0, next - this.#clock));
  }

  readonly #expire = (): void => {
    const now = this.#clock;
    for (const [id, end] of this.#ends) if (end <= now) this.#ends.delete(id);
    this.update();
  };
}
