import { useInboxContext } from '../hooks/inbox-context';
import { PushSwitch } from './PushSwitch';
import styles from './settings.module.css';
import { Switch } from './Switch';
import { useAlertPreferences } from './use-alert-preferences';

const REASONS = {
  allowed: undefined,
  'not asked': undefined,
  denied: 'alerts.desktop.denied',
  unsupported: 'alerts.desktop.unsupported',
} as const;

/** The switches for alerts outside the page. All are off at first. */
export function AlertSettings() {
  const { words } = useInboxContext();
  const settings = useAlertPreferences();
  const reason = REASONS[settings.permission];
  return (
    <div className={styles.settings} data-testid="alert-settings">
      <Switch
        label={words('alerts.desktop')}
        hint={reason && words(reason)}
        isOn={settings.desktop}
        isInert={reason !== undefined}
        onChange={settings.setDesktop}
      />
      <Switch
        label={words('alerts.sound')}
        hint={undefined}
        isOn={settings.sound}
        isInert={!settings.isSoundSupported}
        onChange={settings.setSound}
      />
      <PushSwitch />
    </div>
  );
}
