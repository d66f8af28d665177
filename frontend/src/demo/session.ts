import { useMemo } from 'react';
import type { Shopper } from './shop-api';
import { useStored } from '../chrome/use-stored';

function parse(stored: string | undefined): Shopper | undefined {
  try {
    const { user_id, name } = JSON.parse(stored ?? '{}') as Record<keyof Shopper, unknown>;
    const isShopper = typeof user_id === 'string' && typeof name === 'string';
    return isShopper ? { user_id, name } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Return the shopper who is signed in to this browser, and a function to sign in or out. All tabs
 * share the sign-in. No token is stored; the app asks for a new one.
 */
export function useShopper() {
  const [stored, store] = useStored('shopper');
  // Return the same object as long as the text is the same, because effects depend on the object.
  const shopper = useMemo(() => parse(stored), [stored]);
  const enter = (next: Shopper | undefined) => {
    store(next && JSON.stringify({ user_id: next.user_id, name: next.name }));
  };
  return [shopper, enter] as const;
}
