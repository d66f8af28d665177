import { backoff } from './backoff';
import { claimsOf } from './claims';
import { tellDevelopers } from './tell-developers';

/** How long to wait for `getToken`. */
const PATIENCE_MS = 15_000;
const EARLY_MS = 60_000;
/** The shortest time between renewals. It doubles while they bring no newer token. */
const FLOOR_MS = 5_000;
/**
 * The wait after two tokens in a row that were refused or could not be fetched. It doubles each
 * time.
 */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

// The browser's clock may be wrong, or may be set while the page is open. So measure times by a
// clock that is never set.
const now = () => performance.now();

function within<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('`getToken` did not answer'));
    }, PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** The page gave something other than a token of its shopper. */
class BadTokenError extends TypeError {}

/**
 * Owns the token in use. Calls `getToken` when there is no token yet, when it is about to expire,
 * or when a server has refused it. There is at most one call at a time.
 *
 * Calls that do not help come at growing intervals. Each tab of each shopper would otherwise call
 * the issuer in a loop, for example if `getToken` gives the same token each time.
 */
export class Tokens {
  /** Called with the user id of each new token that has one. */
  onSubject: (subject: string) => void = () => undefined;
  /** May be replaced. The new function is called when the next token is needed. */
  getToken: () => Promise<string>;
  #subject: string | undefined;
  #isRefused = false;
  #token: string | undefined;
  #renewAt = Infinity;
  #notBefore = 0;
  #renewing: Promise<string> | undefined;
  /** Renewals in a row that brought no token, or brought the token that was in use already. */
  #repeats = 0;
  /** Calls of `getToken` since a token was last accepted. */
  #tries = 0;
  #pausedUntil = 0;
  #error: unknown;
  /** What must be added to `now()` to get the server's Unix time, once a server has reported it. */
  #serverTime: number | undefined;

  constructor(getToken: () => Promise<string>) {
    this.getToken = getToken;
  }

  /** The Unix time in milliseconds: the server's once it is known, and the browser's until then. */
  get time(): number {
    return this.#serverTime === undefined ? Date.now() : this.#serverTime + now();
  }

  /** The milliseconds until the token in use should be replaced. */
  get renewIn(): number {
    return this.#isRefused ? 0 : Math.max(0, this.#renewAt - now());
  }

  /** The milliseconds until `getToken` may be called again, after a refusal or a failure. */
  get pause(): number {
    return Math.max(0, this.#pausedUntil - now());
  }

  /** The user id in the token in use, if there is one. */
  get subject(): string | undefined {
    return this.#subject;
  }

  /** Return the token in use, or a fresh one if a renewal is due. Rejects if there is no token. */
  async current(): Promise<string> {
    const held = this.#token;
    if (held === undefined) return this.#fetchUnlessPaused();
    if (this.renewIn > 0) return held;
    // The old token may still be accepted.
    return this.#fetchUnlessPaused().catch(() => held);
  }

  /**
   * Note that a server has refused this token. `current` then gets another one, unless it is too
   * soon.
   */
  refused(token: string): void {
    if (token === this.#token) this.#isRefused = true;
  }

  /**
   * Return a fresh token. If `getToken` rejects, so does this promise, and the old token stays in
   * use.
   */
  async renew(): Promise<string> {
    this.#renewing ??= this.#fetch().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /**
   * Note that a server has accepted this token. If another server has refused it, the refusal
   * counts.
   */
  accepted(token: string): void {
    if (token === this.#token && !this.#isRefused) this.#tries = this.#pausedUntil = 0;
  }

  /**
   * Note how long this token still lasts, as a server reports it. Ignored if another token is in
   * use.
   */
  learn(token: string, seconds: number): void {
    const { expiry } = claimsOf(token);
    if (token !== this.#token || expiry === undefined) return;
    this.#serverTime = expiry - seconds * 1000 - now();
    this.#schedule(token);
  }

  /**
   * Allow the next call of `getToken` now, because something may have changed: the network or the
   * page is back, or the shopper asks for a retry.
   */
  hasten(): void {
    this.#pausedUntil = 0;
  }

  async #fetchUnlessPaused(): Promise<string> {
    if (!this.#renewing && this.pause > 0) throw this.#error;
    return this.renew();
  }

  async #fetch(): Promise<string> {
    this.#tries += 1;
    if (this.#tries > 1)
      this.#pausedUntil = now() + backoff(this.#tries - 2, PAUSE_MS, LONGEST_PAUSE_MS);
    this.#error = new Error('The tokens are not accepted.');
    try {
      // `getToken` may also throw, or return no promise.
      const token: unknown = await within(Promise.resolve().then(() => this.getToken()));
      return this.#take(token);
    } catch (error) {
      if (error instanceof BadTokenError) tellDevelopers(error.message);
      this.#repeats += 1;
      this.#renewAt = now() + this.#floor;
      this.#error = error;
      throw error;
    }
  }

  #take(given: unknown): string {
    // A server may end the token with a line break.
    const token = typeof given === 'string' ? given.trim() : '';
    // The host may give something else, such as a page that says that the session has ended. In a
    // header, such a text makes `fetch` throw, as if the services were down.
    if (!/^[!-~]+$/.test(token))
      throw new BadTokenError(
        `${`\`getToken\` (or \`token\`) gave ${JSON.stringify(given)}`.slice(0, 99)}, not a token`,
      );
    const { subject } = claimsOf(token);
    if (this.#subject !== undefined && subject !== this.#subject)
      throw new BadTokenError(
        '`getToken` (or `token`) gave a token of another user. For another user, make a new inbox: in React, change the `key` of the provider.',
      );
    this.#repeats = token === this.#token ? this.#repeats + 1 : 0;
    this.#notBefore = this.#token === undefined ? 0 : now() + this.#floor;
    this.#token = token;
    this.#isRefused = false;
    this.#subject = subject;
    this.#schedule(token);
    if (subject !== undefined) this.onSubject(subject);
    return token;
  }

  get #floor(): number {
    return backoff(this.#repeats, FLOOR_MS, LONGEST_PAUSE_MS);
  }

  /**
   * Plan the next renewal: a minute before the token expires, or after 3/4 of its life if it is
   * short-lived.
   */
  #schedule(token: string): void {
    const life = this.#lifeOf(token);
    this.#renewAt = Math.max(this.#notBefore, now() + life - Math.min(EARLY_MS, life / 4));
  }

  /**
   * Return how many milliseconds the token still lasts. While the server's time is unknown, use the
   * browser's clock, or assume that the issuer has just made the token, whichever is shorter.
   */
  #lifeOf(token: string): number {
    const { expiry = Infinity, issued = -Infinity } = claimsOf(token);
    if (this.#serverTime !== undefined) return Math.max(0, expiry - this.#serverTime - now());
    const lives = [expiry - Date.now(), expiry - issued].filter((life) => life > 0);
    // An expiry in the past shows only that the browser's clock is wrong, so it was left out. A
    // token without `iat` then counts as unlimited, until the server reports how long it lasts.
    return lives.length > 0 ? Math.min(...lives) : 2 * EARLY_MS;
  }
}
