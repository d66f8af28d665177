import { useSyncExternalStore } from 'react';

/** Phones, in portrait and in landscape. */
const PHONE = '(max-width: 640px), (max-height: 480px) and (pointer: coarse)';

const query = () => ('matchMedia' in window ? window.matchMedia(PHONE) : undefined);

const subscribe = (onChange: () => void) => {
  const phone = query();
  phone?.addEventListener('change', onChange);
  return () => {
    phone?.removeEventListener('change', onChange);
  };
};

/** Return whether the inbox opens as a sheet from the bottom, instead of a popover at the bell. */
export const useIsSheet = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => query()?.matches ?? false,
    () => false,
  );
