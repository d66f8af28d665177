import { Icon } from './Icon';
import { IconButton } from './IconButton';
import { useTheme } from './use-theme';

interface PreferencesProps {
  /** The tag of the language that a click switches to. */
  readonly nextLanguage: string;
  readonly onNextLanguage: () => void;
  readonly labels: {
    readonly language: string;
    readonly light: string;
    readonly dark: string;
  };
}

/** The buttons for the language and for light or dark. */
export function Preferences({ nextLanguage, onNextLanguage, labels }: PreferencesProps) {
  const { theme, toggle } = useTheme();
  const isDark = theme === 'dark';
  return (
    <>
      <IconButton
        testId="language-switch"
        lang={nextLanguage}
        label={labels.language}
        onClick={onNextLanguage}
      >
        {nextLanguage.toUpperCase()}
      </IconButton>
      <IconButton
        testId="theme-switch"
        label={isDark ? labels.light : labels.dark}
        onClick={toggle}
      >
        {isDark ? <Sun /> : <Moon />}
      </IconButton>
    </>
  );
}

const Sun = () => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.400M5.6 18.4 7 17M17 7l1.4-1.4" />
  </Icon>
);

const Moon = () => (
  <Icon>
    <path d="M20 14.500A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5" />
  </Icon>
);
