import { useState, useSyncExternalStore } from 'react';
import { askForDesktop, desktopState, type DesktopState } from './system-notifications';
import { alertPreferences } from './preferences';
import { isToneSupported, tone } from './tone';

export interface AlertSettings {
  readonly desktop: boolean;
  readonly desktopState: DesktopState;
  readonly sound: boolean;
  readonly isSoundSupported: boolean;
  /** Call these in a click: the browser asks the shopper, or lets nothing sound. */
  readonly setDesktop: (isWanted: boolean) => void;
  readonly setSound: (isWanted: boolean) => void;
}

/** What the shopper wants to be told by beside the list: off until they ask for it. */
export function useAlertPreferences(): AlertSettings {
  const { desktop, sound } = useSyncExternalStore(alertPreferences.subscribe, alertPreferences.get);
  const [state, setState] = useState(desktopState);
  const setDesktop = (isWanted: boolean) => {
    if (!isWanted) {
      alertPreferences.set({ desktop: false });
      return;
    }
    void askForDesktop().then((answer) => {
      setState(answer);
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
    desktop: desktop && state === 'allowed',
    desktopState: state,
    sound,
    isSoundSupported: isToneSupported(),
    setDesktop,
    setSound,
  };
}
