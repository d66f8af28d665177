import { useEffect, useLayoutEffect as useInBrowser } from 'react';

/** React's useLayoutEffect, about which React 18 warns when a server renders the page. */
export const useLayoutEffect = typeof document === 'undefined' ? useEffect : useInBrowser;
