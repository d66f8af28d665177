import { useId } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import styles from './settings.module.css';
import { useAlertPreferences } from './use-alert-preferences';

const UNAVAILABLE = {
  denied: 'alerts.desktop.denied',
  unsupported: 'alerts.desktop.unsupported',
} as const;

interface SwitchProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly isOn: boolean;
  readonly isDisabled: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Switch({ id, label, hint, isOn, isDisabled, onChange }: SwitchProps) {
  const hintId = useId();
  return (
    <div className={styles.setting}>
      <button
        type="button"
        role="switch"
        data-testid={id}
        aria-checked={isOn}
        aria-describedby={hint && hintId}
        disabled={isDisabled}
        className={styles.switch}
        onClick={() => {
          onChange(!isOn);
        }}
      >
        <span>{label}</span>
        <span className={styles.track} aria-hidden="true" />
      </button>
      {hint && <p id={hintId}>{hint}</p>}
    </div>
  );
}

/** The switches for alerts outside the page. All are off at first. */
export function AlertSettings() {
  const { words } = useInboxContext();
  const settings = useAlertPreferences();
  const { permission } = settings;
  const reason =
    permission === 'denied' || permission === 'unsupported' ? UNAVAILABLE[permission] : undefined;
  return (
    <div className={styles.settings} data-testid="alert-settings">
      <Switch
        id="alert-desktop"
        label={words('alerts.desktop')}
        hint={reason && words(reason)}
        isOn={settings.desktop}
        isDisabled={reason !== undefined}
        onChange={settings.setDesktop}
      />
      <Switch
        id="alert-sound"
        label={words('alerts.sound')}
        hint={undefined}
        isOn={settings.sound}
        isDisabled={!settings.isSoundSupported}
        onChange={settings.setSound}
      />
    </div>
  );
}
