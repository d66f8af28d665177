export interface SafeLink {
  readonly href: string;
  readonly isExternal: boolean;
}

// Browsers drop control characters inside a URL before they read its scheme.
// eslint-disable-next-line no-control-regex
const DISGUISE = /[\u0000-\u0020\u007f\\]/;

/** The link as it may be followed: relative, or http(s). The server checks too; this is the client's own look. */
export function safeLink(actionUrl: string | null): SafeLink | undefined {
  if (!actionUrl || DISGUISE.test(actionUrl) || actionUrl.startsWith('//')) return undefined;
  const url = URL.parse(actionUrl, document.baseURI);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  return { href: actionUrl, isExternal: url.origin !== window.location.origin };
}
