import { useCallback, useSyncExternalStore } from 'react';

/** Values that the browser refused to store. They are kept until the page is closed. */
const unstored = new Map<string, string>();
const listeners = new Set<() => void>();

/** Return a text that this browser keeps, or undefined. */
function recall(key: string): string | undefined {
  const kept = unstored.get(key);
  if (kept !== undefined) return kept;
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    // Storage is forbidden, or does not exist.
    return undefined;
  }
}

function remember(key: string, text: string | undefined): void {
  unstored.delete(key);
  try {
    if (text === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // Storage is forbidden or full. Keep the value until the page is closed.
    if (text !== undefined) unstored.set(key, text);
  }
  for (const listener of listeners) listener();
}

// A tab that was frozen, or in the back-forward cache, has missed `storage` events. So a tab also
// reads the values again when it is shown.
const EVENTS = ['storage', 'pageshow', 'visibilitychange'] as const;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  for (const event of EVENTS) window.addEventListener(event, listener, true);
  return () => {
    listeners.delete(listener);
    for (const event of EVENTS) window.removeEventListener(event, listener, true);
  };
}

/** Return a text that all tabs of this browser share, and a function to change it. */
export function useStored(key: string) {
  const text = useSyncExternalStore(subscribe, () => recall(key));
  const set = useCallback(
    (next: string | undefined) => {
      remember(key, next);
    },
    [key],
  );
  return [text, set] as const;
}
