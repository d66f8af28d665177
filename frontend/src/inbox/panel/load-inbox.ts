import type { ComponentType } from 'react';
import type { NotificationInboxProps } from './NotificationInbox';

type InboxComponent = ComponentType<NotificationInboxProps>;

let loaded: InboxComponent | undefined;
const listeners = new Set<() => void>();

/** Return the inbox component, if its chunk is loaded. */
export const loadedInbox = (): InboxComponent | undefined => loaded;

/** Call `listener` when the chunk is loaded. Returns a function that removes the listener. */
export function onInboxLoaded(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Load the chunk with the inbox component, once. Rejects if loading fails. */
export async function loadInbox(): Promise<void> {
  loaded ??= (await import('./NotificationInbox')).NotificationInbox;
  for (const listener of listeners) listener();
}

/** Load the chunk when the page is idle. If that fails, opening the inbox tries again. */
export function loadInboxWhenIdle(): () => void {
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
