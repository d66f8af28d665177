import { MoonIcon, SunIcon } from './icons';
import { useLanguage } from './language';
import styles from './header.module.css';
import { useTheme } from './use-theme';

export function Preferences() {
  const { locale, words, toggle: toggleLanguage } = useLanguage();
  const { theme, toggle: toggleTheme } = useTheme();
  const themeLabel = words(theme === 'dark' ? 'theme.light' : 'theme.dark');
  const other = locale === 'es' ? 'en' : 'es';
  return (
    <>
      <button
        type="button"
        className={styles.control}
        data-testid="language-switch"
        lang={other}
        aria-label={words('language.switch')}
        title={words('language.switch')}
        onClick={toggleLanguage}
      >
        {other.toUpperCase()}
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
