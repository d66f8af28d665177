import { useCallback, useEffect, useState } from 'react';
import { hasPage } from './paths';

/**
 * Return the path of the page, and a function that shows another page. If the shop has no such
 * page, the function stays on the current one and returns false. The demo needs no other routing.
 */
export function usePath(): [path: string, navigate: (href: string) => boolean] {
  const [path, setPath] = useState(() => window.location.pathname);
  useEffect(() => {
    const onPopState = () => {
      setPath(window.location.pathname);
    };
    window.addEventListener('popstate', onPopState);
    return () => {
      window.removeEventListener('popstate', onPopState);
    };
  }, []);
  const navigate = useCallback((href: string) => {
    const { pathname } = new URL(href, window.location.href);
    if (!hasPage(pathname)) return false;
    window.history.pushState(null, '', href);
    setPath(pathname);
    return true;
  }, []);
  return [path, navigate];
}
