import { useCallback, useInsertionEffect, useRef } from 'react';

/**
 * Return a function that stays the same, and calls the callback of the last render that React has
 * committed. Call it in effects and event handlers only. React 18 has no `useEffectEvent`.
 */
export function useLatest<Arguments extends readonly unknown[]>(
  callback: (...values: Arguments) => void,
): (...values: Arguments) => void {
  const latest = useRef(callback);
  useInsertionEffect(() => {
    latest.current = callback;
  });
  return useCallback((...values) => {
    latest.current(...values);
  }, []);
}
