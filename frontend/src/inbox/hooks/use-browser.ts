import { useSyncExternalStore } from 'react';

const neverChanges = () => () => undefined;

/**
 * Return what `read` reads from the browser. While a server renders the page, and while React
 * hydrates it, return `atFirst`: both must render the same.
 */
export const useBrowser = <Value>(read: () => Value, atFirst: Value): Value =>
  useSyncExternalStore(neverChanges, read, () => atFirst);
