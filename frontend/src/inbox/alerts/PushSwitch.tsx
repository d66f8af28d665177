import { Switch } from './Switch';
import { useInboxContext } from '../hooks/inbox-context';
import { usePush } from './use-push';

/**
 * The switch for Web Push in this browser. Shows nothing if the shop offers no Web Push, or if its
 * page has not registered the service worker of this package.
 */
export function PushSwitch() {
  const { words } = useInboxContext();
  const { state, isBusy, isFailed, set } = usePush();
  if (state === 'none' || (state === undefined && !isFailed)) return null;
  const isAvailable = state === 'off' || state === 'on';
  const reason = state === 'blocked' ? 'alerts.desktop.denied' : 'alerts.desktop.unsupported';
  const hint = isFailed ? 'push.failed' : isAvailable ? undefined : reason;
  return (
    <Switch
      label={words('push.switch')}
      hint={hint && words(hint)}
      isOn={state === 'on'}
      isInert={isBusy || !isAvailable}
      onChange={set}
    />
  );
}
