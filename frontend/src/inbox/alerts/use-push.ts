import { useEffect, useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useInboxState } from '../hooks/use-inbox-state';
import type { Inbox } from '../inbox';
import type { PushState } from '../sync/push';

interface View {
  /** Undefined until the state is known. */
  readonly state: PushState | undefined;
  readonly isBusy: boolean;
  /** Whether the last change has failed. */
  readonly isFailed: boolean;
}

export interface PushControls extends View {
  /** Call it in a click handler. Otherwise the browser does not ask for permission. */
  readonly set: (isOn: boolean) => void;
}

/**
 * Return the state of Web Push in this browser, and the function that switches it on or off. The
 * page must have registered the service worker of this package.
 */
export function usePush(): PushControls {
  const { inbox, onError } = useInboxContext();
  const [view, setView] = useState<View>({ state: undefined, isBusy: true, isFailed: false });
  const isKnown = view.state !== undefined;
  const isOnline = useInboxState(({ socket }) => socket === 'online');
  useEffect(() => {
    // If the server could not be asked, ask again after a reconnect.
    if (!isKnown) void look(inbox).then(setView);
  }, [inbox, isKnown, isOnline]);
  const change = async (isOn: boolean) => {
    setView((before) => ({ ...before, isBusy: true, isFailed: false }));
    const isFailed = await inbox.push[isOn ? 'turnOn' : 'turnOff']().then(
      () => false,
      (error: unknown) => {
        onError(error);
        return true;
      },
    );
    setView({ ...(await look(inbox)), isFailed });
  };
  return {
    ...view,
    set: (isOn) => {
      void change(isOn);
    },
  };
}

async function look({ push }: Inbox): Promise<View> {
  return { state: await push.state().catch(() => undefined), isBusy: false, isFailed: false };
}
