import { useEffect, useLayoutEffect as useInBrowser } from 'react';

/**
 * React's `useLayoutEffect`. On a server, it is `useEffect`, because React 18 warns about layout
 * effects there.
 */
export const useLayoutEffect = typeof document === 'undefined' ? useEffect : useInBrowser;
