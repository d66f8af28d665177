import { useEffect, useSyncExternalStore } from 'react';
import { useStored } from './use-stored';

const DARK = '(prefers-color-scheme: dark)';

const subscribe = (onChange: () => void) => {
  const query = window.matchMedia(DARK);
  query.addEventListener('change', onChange);
  return () => {
    query.removeEventListener('change', onChange);
  };
};

/** Return the theme chosen in this browser, or the system's, and a function to switch it. */
export function useTheme() {
  const [chosen, choose] = useStored('theme');
  const isSystemDark = useSyncExternalStore(subscribe, () => window.matchMedia(DARK).matches);
  const system = isSystemDark ? 'dark' : 'light';
  const theme = chosen === 'light' || chosen === 'dark' ? chosen : system;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    choose(theme === 'dark' ? 'light' : 'dark');
  };
  return { theme, toggle };
}
