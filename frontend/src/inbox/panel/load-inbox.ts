import type { ComponentType } from 'react';
import type { NotificationInboxProps } from './NotificationInbox';

type InboxComponent = ComponentType<NotificationInboxProps>;

let loaded: InboxComponent | undefined;

export const loadedInbox = (): InboxComponent | undefined => loaded;

/** Loads the inbox's own part of the code, once; rejects where it cannot be had now. */
export async function loadInbox(): Promise<InboxComponent> {
  loaded ??= (await import('./NotificationInbox')).NotificationInbox;
  return loaded;
}

/** Loads it when the page is at rest; where that fails, opening the inbox tries again. */
export function loadInboxAtRest(): () => void {
  const load = () => {
    loadInbox().catch(() => undefined);
  };
  if (!('requestIdleCallback' in window)) {
    const timer = setTimeout(load);
    return () => {
      clearTimeout(timer);
    };
  }
  const handle = requestIdleCallback(load, { timeout: 5_000 });
  return () => {
    cancelIdleCallback(handle);
  };
}
