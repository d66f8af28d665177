import { backoff } from '../transport/backoff';

const FIRST_MS = 15_000;
const LONGEST_MS = 120_000;

/** Asks for the list at growing intervals while nothing arrives live and the page is visible. */
export class Poll {
  readonly #ask: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  start(): void {
    if (this.#timer === undefined) this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asked = 0;
  }

  /** If polling is on, ask now, because the page or the network is back. */
  hasten(): void {
    if (this.#timer === undefined) return;
    this.stop();
    this.#ask();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        if (document.visibilityState === 'visible') this.#ask();
        this.#asked += 1;
        this.#schedule();
      },
      backoff(this.#asked, FIRST_MS, LONGEST_MS),
    );
  }
}
