import { useSyncExternalStore } from 'react';

// The same width as in storefront.module.css. Below it, the open inbox covers the page.
const NARROW = '(max-width: 959px)';

const subscribe = (onChange: () => void) => {
  const query = window.matchMedia(NARROW);
  query.addEventListener('change', onChange);
  return () => {
    query.removeEventListener('change', onChange);
  };
};

export const useIsNarrow = (): boolean =>
  useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches);
