import type { Shopper } from './shop-api';

const KEY = 'shopper';

/** Who is signed in, for as long as this tab lives. No token is kept: a new one is asked for. */
export function recallShopper(): Shopper | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '') as Partial<Shopper> | null;
    return kept?.user_id && kept.name ? { user_id: kept.user_id, name: kept.name } : undefined;
  } catch {
    return undefined;
  }
}

export function rememberShopper(shopper: Shopper | undefined): void {
  if (shopper) sessionStorage.setItem(KEY, JSON.stringify(shopper));
  else sessionStorage.removeItem(KEY);
}
