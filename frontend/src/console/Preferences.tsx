import { Preferences as Buttons } from '../chrome/Preferences';
import { useLanguage } from './language';

export function Preferences() {
  const { next, say, toggle } = useLanguage();
  return (
    <Buttons
      nextLanguage={next}
      onNextLanguage={toggle}
      labels={{
        language: say('language.switch'),
        light: say('theme.light'),
        dark: say('theme.dark'),
      }}
    />
  );
}
