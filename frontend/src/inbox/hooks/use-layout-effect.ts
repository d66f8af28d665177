import { useEffect, useLayoutEffect as useInBrowser } from 'react';

/** React's useLayoutEffect, which React 18 warns of where a server renders the page. */
export const useLayoutEffect = typeof document === 'undefined' ? useEffect : useInBrowser;
