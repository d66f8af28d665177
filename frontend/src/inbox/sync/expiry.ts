import type { InboxStore } from '../store/inbox-store';
import { isShown } from '../store/state';
import { backoff } from '../transport/backoff';

/** Many shoppers may hold an offer that ends at the same time. This spreads their requests. */
const SPREAD_MS = 2_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;
/**
 * Longer waits are split into several timers: the clock may be corrected, timers have a limit, and
 * a timer does not run while the computer sleeps.
 */
const LONGEST_TIMER_MS = 5_000;

/**
 * Asks for the list when a held notification expires. The answer to `ask` removes what the server
 * no longer lists, and updates the counts. The clock `now` may be wrong, so nothing is removed
 * before the server has answered. While the server still lists an expired item, asks again at
 * growing intervals. An empty store needs no timer.
 */
export class Expiry {
  readonly #store: InboxStore;
  readonly #now: () => number;
  readonly #ask: () => void;
  readonly #spread = Math.random() * SPREAD_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The server has been asked about everything that had expired by this time. */
  #askedUpTo = 0;
  /** How many times in a row the server has been asked about items that it still lists. */
  #asked = 0;
  #notBefore = 0;

  constructor(store: InboxStore, now: () => number, ask: () => void) {
    this.#store = store;
    this.#now = now;
    this.#ask = ask;
    store.subscribe(this.#look);
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    const next = this.#next;
    if (next === Infinity) return;
    const now = this.#now() - this.#spread;
    const late = now - next;
    if (late < 0) this.#asked = 0;
    let wait = late < 0 ? -late : this.#notBefore - performance.now();
    if (wait <= 0) {
      wait = backoff(this.#asked, SHORTEST_MS, LONGEST_MS);
      this.#asked += 1;
      this.#askedUpTo = now;
      this.#notBefore = performance.now() + wait;
      this.#ask();
    }
    this.#timer = setTimeout(this.#look, Math.min(wait, LONGEST_TIMER_MS));
  };

  /**
   * Return the time of the next expiry. An item that no list shows is asked about only once,
   * because no list can show that it is gone.
   */
  get #next(): number {
    const { state } = this.#store;
    let next = Infinity;
    for (const item of state.items) {
      const at = Date.parse(item.expires_at ?? '');
      if (at < next && (at > this.#askedUpTo || isShown(state, item))) next = at;
    }
    return next;
  }
}
