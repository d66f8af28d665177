import { isObject } from './wire';

const EARLY_MS = 60_000;

/** When the token ends, in Unix milliseconds: undefined if it does not say in a way we can read. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/');
    const claims: unknown = JSON.parse(atob(payload ?? ''));
    return isObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** How long before its end a token is replaced: a minute, less for tokens that live shortly. */
const renewalAt = (expiry: number, now: number): number =>
  expiry - Math.min(EARLY_MS, Math.max(0, expiry - now) / 4);

/**
 * Owns the token in use. `getToken` is asked when there is none yet, when it nears its end, or when
 * a server has refused it; never twice at a time.
 */
export class Tokens {
  readonly #getToken: () => Promise<string>;
  #token: string | undefined;
  #renewAt = Infinity;
  #renewing: Promise<string> | undefined;

  constructor(getToken: () => Promise<string>) {
    this.#getToken = getToken;
  }

  /** When the token in use should be replaced, in Unix milliseconds. */
  get renewAt(): number {
    return this.#renewAt;
  }

  async current(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#renewAt) return this.#token;
    return this.renew();
  }

  /** A fresh token. Rejects as `getToken` does; the one in use then stays. */
  async renew(): Promise<string> {
    this.#renewing ??= this.#fetch().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #fetch(): Promise<string> {
    const token = await this.#getToken();
    this.#token = token;
    this.#renewAt = renewalAt(expiryOf(token) ?? Infinity, Date.now());
    return token;
  }
}
