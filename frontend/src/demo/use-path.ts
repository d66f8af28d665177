import { useCallback, useEffect, useState } from 'react';

/** The path of the page. The demo needs no other routing. */
export function usePath(): [path: string, navigate: (href: string) => void] {
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
    window.history.pushState(null, '', href);
    setPath(window.location.pathname);
  }, []);
  return [path, navigate];
}
