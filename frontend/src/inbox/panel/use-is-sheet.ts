import { useSyncExternalStore } from 'react';
import { listen } from '../transport/listen';

/** Phones, in portrait and in landscape. */
const PHONE = '(max-width: 640px), (max-height: 480px) and (pointer: coarse)';

const query = () => ('matchMedia' in window ? window.matchMedia(PHONE) : undefined);

const subscribe = (onChange: () => void) => listen(query(), { change: onChange });

/** Return whether the inbox opens as a sheet from the bottom, instead of a popover at the bell. */
export const useIsSheet = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => query()?.matches ?? false,
    () => false,
  );
