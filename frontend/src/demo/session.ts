import type { Shopper } from './shop-api';

const KEY = 'shopper';

/**
 * Return the shopper who is signed in to this tab. No token is stored; the app asks for a new one.
 */
export function recallShopper(): Shopper | undefined {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY) ?? '') as Partial<Shopper> | null;
    return stored?.user_id && stored.name
      ? { user_id: stored.user_id, name: stored.name }
      : undefined;
  } catch {
    return undefined;
  }
}

export function rememberShopper(shopper: Shopper | undefined): void {
  if (shopper) sessionStorage.setItem(KEY, JSON.stringify(shopper));
  else sessionStorage.removeItem(KEY);
}
