/**
 * For a router: called for links within this site, instead of letting the browser follow them. If
 * it returns false, the host has no such page, and the inbox says so to the shopper.
 */
export type Navigate = (href: string) => unknown;

/**
 * The answer of a sheet's `Navigate`. The sheet asks the host later, so its answer is a promise. A
 * promise that the host itself returns is not such an answer, because routers return promises of
 * other things.
 */
export class LaterAnswer {
  readonly promise: Promise<unknown>;

  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }
}

export interface SafeLink {
  readonly href: string;
  readonly isExternal: boolean;
}

// Browsers remove control characters from a URL before they read its scheme.
// eslint-disable-next-line no-control-regex
const DISGUISE = /[\u0000-\u0020\u007f\\]/;

/**
 * Return the link if it is relative or http(s), else undefined. The server checks this too; the
 * client does not rely on it.
 */
export function safeLink(actionUrl: string | null): SafeLink | undefined {
  if (!actionUrl || DISGUISE.test(actionUrl) || actionUrl.startsWith('//')) return undefined;
  try {
    const { protocol, origin } = new URL(actionUrl, document.baseURI);
    if (!/^https?:$/.test(protocol)) return undefined;
    return { href: actionUrl, isExternal: origin !== window.location.origin };
  } catch {
    return undefined; // not a URL
  }
}

/** Return the image of a notification if it comes by https, else undefined. */
export const safeImage = (url: string | null): string | undefined =>
  url?.startsWith('https://') && !DISGUISE.test(url) ? url : undefined;
