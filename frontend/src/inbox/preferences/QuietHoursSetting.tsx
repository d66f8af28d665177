import { useState, type FocusEvent } from 'react';
import { Switch } from '../alerts/Switch';
import type { QuietHours } from '../domain/preferences';
import { useInboxContext } from '../hooks/inbox-context';
import styles from './preferences.module.css';

const ENDS = { from: 'quiet.from', to: 'quiet.to' } as const;

/** Return the quiet hours after switching them on: the night, in the browser's time zone. */
const night = (): QuietHours => ({
  from: '22:00',
  to: '08:00',
  time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});

interface QuietHoursSettingProps {
  readonly hours: QuietHours | null;
  readonly onChange: (hours: QuietHours | null) => void;
}

/** The hours in which Web Push stays silent: a switch, and two times once it is on. */
export function QuietHoursSetting({ hours, onChange }: QuietHoursSettingProps) {
  const { words } = useInboxContext();
  const [fault, setFault] = useState('');
  const change = (end: keyof typeof ENDS, { target }: FocusEvent<HTMLInputElement>) => {
    if (!hours) return;
    const wanted = { ...hours, [end]: target.value };
    // Do not call `reportValidity`. It moves the focus back, and so would trap the keyboard here.
    const message = wanted.from === wanted.to ? words('quiet.same') : target.validationMessage;
    setFault(message);
    if (!message && target.value !== hours[end]) onChange(wanted);
  };
  return (
    <>
      <Switch
        label={words('quiet.switch')}
        hint={words('quiet.hint')}
        isOn={hours !== null}
        isInert={false}
        onChange={(isOn) => {
          onChange(isOn ? night() : null);
        }}
      />
      {hours && (
        <div className={styles.hours}>
          {(['from', 'to'] as const).map((end) => (
            <label key={end}>
              {words(ENDS[end])}
              <input
                // If a change is refused, the new key makes the field show the saved time again.
                key={hours[end]}
                type="time"
                required
                defaultValue={hours[end]}
                onBlur={(event) => {
                  change(end, event);
                }}
              />
            </label>
          ))}
          <small role="status">{fault || hours.time_zone.replaceAll('_', ' ')}</small>
        </div>
      )}
    </>
  );
}
