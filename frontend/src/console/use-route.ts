import { useEffect, useState } from 'react';

/** What the address shows: the river, what a search found, or the life of one notification. */
export type Route =
  | { readonly page: 'river' }
  | { readonly page: 'search'; readonly by: string; readonly q: string }
  | { readonly page: 'life'; readonly id: string };

export function routeOf(hash: string): Route {
  const [, id] = /^#\/n\/([^/?]+)$/.exec(hash) ?? [];
  if (id !== undefined) return { page: 'life', id: decoded(id) };
  const [, query] = /^#\/search\?(.*)$/.exec(hash) ?? [];
  if (query === undefined) return { page: 'river' };
  const wanted = new URLSearchParams(query);
  return { page: 'search', by: wanted.get('by') ?? 'any', q: wanted.get('q') ?? '' };
}

export const lifeHash = (id: string) => `#/n/${encodeURIComponent(id)}`;
export const searchHash = (by: string, q: string) => `#/search?${new URLSearchParams({ by, q })}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed a percent sign that encodes nothing.
    return text;
  }
}

/** Return the route in the address's fragment. Links and the browser's buttons change it. */
export function useRoute(): Route {
  const [hash, setHash] = useState(() => window.location.hash);
  useEffect(() => {
    const onChange = () => {
      setHash(window.location.hash);
    };
    window.addEventListener('hashchange', onChange);
    return () => {
      window.removeEventListener('hashchange', onChange);
    };
  }, []);
  return routeOf(hash);
}
