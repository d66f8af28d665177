import { useSyncExternalStore } from 'react';
import { useBrowser } from '../hooks/use-browser';
import { alertPreferences, OFF } from './preferences';
import { askPermission, systemPermission, type SystemPermission } from './system-notifications';
import { isToneSupported, tone } from './tone';

export interface AlertControls {
  readonly desktop: boolean;
  readonly permission: SystemPermission;
  readonly sound: boolean;
  readonly isSoundSupported: boolean;
  /**
   * Call these in a click handler. Otherwise the browser does not ask for permission, and plays no
   * sound.
   */
  readonly setDesktop: (isWanted: boolean) => void;
  readonly setSound: (isWanted: boolean) => void;
}

/** Return the shopper's choice of alerts, all off at first, and the functions that change it. */
export function useAlertPreferences(): AlertControls {
  const { desktop, sound } = useSyncExternalStore(
    alertPreferences.subscribe,
    alertPreferences.get,
    () => OFF,
  );
  const permission = useBrowser(systemPermission, 'not asked');
  const isSoundSupported = useBrowser(isToneSupported, true);
  const setDesktop = (isWanted: boolean) => {
    if (!isWanted) {
      alertPreferences.set({ desktop: false });
      return;
    }
    void askPermission().then((answer) => {
      // This renders the component again, which also reads the permission again.
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
    isSoundSupported,
    setDesktop,
    setSound,
  };
}
