import { useState, useSyncExternalStore } from 'react';
import { alertPreferences } from './preferences';
import { askPermission, systemPermission, type SystemPermission } from './system-notifications';
import { isToneSupported, tone } from './tone';

export interface AlertControls {
  readonly desktop: boolean;
  readonly permission: SystemPermission;
  readonly sound: boolean;
  readonly isSoundSupported: boolean;
  /** Call these in a click handler. Otherwise the browser neither asks for permission nor plays. */
  readonly setDesktop: (isWanted: boolean) => void;
  readonly setSound: (isWanted: boolean) => void;
}

/** The shopper's choice of alerts, and the functions that change it. All are off at first. */
export function useAlertPreferences(): AlertControls {
  const { desktop, sound } = useSyncExternalStore(alertPreferences.subscribe, alertPreferences.get);
  const [permission, setPermission] = useState(systemPermission);
  const setDesktop = (isWanted: boolean) => {
    if (!isWanted) {
      alertPreferences.set({ desktop: false });
      return;
    }
    void askPermission().then((answer) => {
      setPermission(answer);
      alertPreferences.set({ desktop: answer === 'allowed' });
    });
  };
  const setSound = (isWanted: boolean) => {
    alertPreferences.set({ sound: isWanted });
    if (!isWanted) return;
    void tone.enable().then(() => {
      tone.play(performance.now());
    });
  };
  return {
    desktop: desktop && permission === 'allowed',
    permission,
    sound,
    isSoundSupported: isToneSupported(),
    setDesktop,
    setSound,
  };
}
