import { Preferences as Buttons } from '../chrome/Preferences';
import { useLanguage } from './language';

export function Preferences() {
  const { next, words, toggle } = useLanguage();
  return (
    <Buttons
      nextLanguage={next}
      onNextLanguage={toggle}
      labels={{
        language: words('language.switch'),
        light: words('theme.light'),
        dark: words('theme.dark'),
      }}
    />
  );
}
