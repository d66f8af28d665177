import { MoonIcon, SunIcon } from '../demo/icons';
import { useTheme } from '../demo/use-theme';
import styles from './header.module.css';
import { useLanguage } from './language';

export function Preferences() {
  const { say, next, toggle } = useLanguage();
  const { theme, toggle: toggleTheme } = useTheme();
  const themeLabel = say(theme === 'dark' ? 'theme.light' : 'theme.dark');
  return (
    <>
      <button
        type="button"
        className={styles.control}
        lang={next}
        aria-label={say('language.switch')}
        title={say('language.switch')}
        onClick={toggle}
      >
        {next.toUpperCase()}
      </button>
      <button
        type="button"
        className={styles.control}
        aria-label={themeLabel}
        title={themeLabel}
        onClick={toggleTheme}
      >
        {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
      </button>
    </>
  );
}
