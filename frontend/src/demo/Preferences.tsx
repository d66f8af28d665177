import styles from './header.module.css';
import { MoonIcon, SunIcon } from './icons';
import { useLanguage } from './language';
import { useTheme } from './use-theme';

export function Preferences() {
  const { next, words, toggle: toggleLanguage } = useLanguage();
  const { theme, toggle: toggleTheme } = useTheme();
  const themeLabel = words(theme === 'dark' ? 'theme.light' : 'theme.dark');
  return (
    <>
      <button
        type="button"
        className={styles.control}
        data-testid="language-switch"
        lang={next}
        aria-label={words('language.switch')}
        title={words('language.switch')}
        onClick={toggleLanguage}
      >
        {next.toUpperCase()}
      </button>
      <button
        type="button"
        className={styles.control}
        data-testid="theme-switch"
        aria-label={themeLabel}
        title={themeLabel}
        onClick={toggleTheme}
      >
        {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
      </button>
    </>
  );
}
