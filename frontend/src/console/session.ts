const KEY = 'machine-room-token';

/** Return the token from the address's fragment, or the one stored in this tab, or undefined. */
export const takeToken = (): string | undefined => tokenInAddress() ?? recall();

/**
 * Return the token from the address's fragment, or undefined. Move it to the tab's storage, so that
 * nobody copies or bookmarks it with the address.
 */
export function tokenInAddress(): string | undefined {
  const { hash, pathname } = window.location;
  const token = new URLSearchParams(hash.slice(1)).get('token');
  if (token === null || token === '') return undefined;
  remember(token);
  window.history.replaceState(null, '', pathname);
  return token;
}

export function remember(token: string | undefined): void {
  try {
    if (token === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Storage is forbidden. The token lasts until the page is reloaded.
  }
}

function recall(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
