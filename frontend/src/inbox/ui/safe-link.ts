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
  const url = URL.parse(actionUrl, document.baseURI);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  return { href: actionUrl, isExternal: url.origin !== window.location.origin };
}
