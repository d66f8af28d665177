import { isObject } from './wire';

const EARLY_MS = 60_000;

interface Claims {
  /** When the token expires, in Unix milliseconds. */
  readonly expiry?: number;
  /** The user id. */
  readonly subject?: string;
}

/** Return the claims of a JWT, or no claims if the token cannot be read. */
export function claimsOf(token: string): Claims {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload ?? ''), (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isObject(claims)) return {};
    return {
      ...(typeof claims.exp === 'number' && { expiry: claims.exp * 1000 }),
      ...(typeof claims.sub === 'string' && { subject: claims.sub }),
    };
  } catch {
    return {};
  }
}

/** A token is replaced a minute before it expires; a short-lived one after 3/4 of its life. */
const renewalAt = (expiry: number, now: number): number =>
  expiry - Math.min(EARLY_MS, Math.max(0, expiry - now) / 4);

/**
 * Owns the token in use. Calls `getToken` when there is no token yet, when it is about to expire,
 * or when a server has refused it. There is at most one call at a time.
 */
export class Tokens {
  /** Called with the user id of each new token that has one. */
  onSubject: (subject: string) => void = () => undefined;
  #subject: string | undefined;
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

  /** The user id of the token in use, if it has one. */
  get subject(): string | undefined {
    return this.#subject;
  }

  async current(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#renewAt) return this.#token;
    return this.renew();
  }

  /** Return a fresh token. If `getToken` rejects, so does this, and the old token stays in use. */
  async renew(): Promise<string> {
    this.#renewing ??= this.#fetch().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #fetch(): Promise<string> {
    const token = await this.#getToken();
    this.#token = token;
    const { expiry = Infinity, subject } = claimsOf(token);
    this.#renewAt = renewalAt(expiry, Date.now());
    this.#subject = subject;
    if (subject !== undefined) this.onSubject(subject);
    return token;
  }
}
