import { isObject } from './wire';

const EARLY_MS = 60_000;

interface Claims {
  /** When the token ends, in Unix milliseconds. */
  readonly expiry?: number;
  /** Whose it is. */
  readonly subject?: string;
}

/** What the token says of itself; nothing where it does not in a way we can read. */
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

/** How long before its end a token is replaced: a minute, less for tokens that live shortly. */
const renewalAt = (expiry: number, now: number): number =>
  expiry - Math.min(EARLY_MS, Math.max(0, expiry - now) / 4);

/**
 * Owns the token in use. `getToken` is asked when there is none yet, when it nears its end, or when
 * a server has refused it; never twice at a time.
 */
export class Tokens {
  /** Told of each token whose it is, if it says so. */
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

  /** Whose the token in use is, if there is one and it says so. */
  get subject(): string | undefined {
    return this.#subject;
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
    const { expiry = Infinity, subject } = claimsOf(token);
    this.#renewAt = renewalAt(expiry, Date.now());
    this.#subject = subject;
    if (subject !== undefined) this.onSubject(subject);
    return token;
  }
}
