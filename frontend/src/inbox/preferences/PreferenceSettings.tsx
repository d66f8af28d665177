import { useId } from 'react';
import { Switch } from '../alerts/Switch';
import type { Category } from '../domain/preferences';
import { useInboxContext } from '../hooks/inbox-context';
import { usePreferences } from '../hooks/use-preferences';
import styles from './preferences.module.css';
import { QuietHoursSetting } from './QuietHoursSetting';

interface PreferenceSettingsProps {
  readonly categories: readonly Category[];
}

/** A switch for each category that the shopper may mute, and the quiet hours. */
export function PreferenceSettings({ categories }: PreferenceSettingsProps) {
  const { words } = useInboxContext();
  const { preferences, setMuted, setQuietHours } = usePreferences();
  const titleId = useId();
  if (!preferences) return null;
  const { muted, always, quiet_hours } = preferences;
  return (
    <div
      role="group"
      className={styles.preferences}
      aria-labelledby={titleId}
      data-testid="preferences"
    >
      <h3 id={titleId}>{words('preferences.title')}</h3>
      {categories.map(({ id, label }) => {
        const isAlways = always.includes(id);
        return (
          <Switch
            key={id}
            label={label}
            hint={isAlways ? words('preferences.always') : undefined}
            isOn={isAlways || !muted.includes(id)}
            isInert={isAlways}
            onChange={(isOn) => {
              setMuted(id, !isOn);
            }}
          />
        );
      })}
      <QuietHoursSetting hours={quiet_hours} onChange={setQuietHours} />
    </div>
  );
}
