import { isObject } from './wire';

interface Claims {
  /** When the token expires, and when it was issued, in Unix milliseconds by the issuer's clock. */
  readonly expiry?: number;
  readonly issued?: number;
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
    const { exp, iat, sub } = claims;
    return {
      ...(typeof exp === 'number' && { expiry: exp * 1000 }),
      ...(typeof iat === 'number' && { issued: iat * 1000 }),
      ...(typeof sub === 'string' && { subject: sub }),
    };
  } catch {
    return {};
  }
}
