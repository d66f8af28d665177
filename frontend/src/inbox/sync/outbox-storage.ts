import type { Action } from '../domain/action';
import { readAction } from './read-action';

/** The keys of the shopper's settings begin like this: see `alerts/preferences.ts`. */
const SETTINGS = 'notification-inbox-';

/**
 * Remove the shopper's settings. The code in this page that uses them gets a `storage` event, which
 * the browser itself sends only to other tabs.
 */
export function removeSettings(): void {
  try {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(SETTINGS))) {
      localStorage.removeItem(key);
      window.dispatchEvent(new StorageEvent('storage', { key }));
    }
  } catch {
    // Storage is forbidden, so nothing was stored either.
  }
}

export interface StoredAction {
  readonly tab: string;
  readonly action: Action;
}

/**
 * The unsent actions of all tabs of one shopper, in `localStorage`. Each action has its own entry,
 * so that tabs never overwrite each other's actions. If the storage is full or forbidden, actions
 * last only as long as their tab.
 */
export class StoredActions {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}/`;
  }

  put(tab: string, action: Action): void {
    try {
      localStorage.setItem(this.#keyOf(tab, action), JSON.stringify(action));
    } catch {
      // The outbox still has the action in memory.
    }
  }

  remove(tab: string, action: Action): void {
    try {
      localStorage.removeItem(this.#keyOf(tab, action));
    } catch {
      // Storage is forbidden, so nothing was stored either.
    }
  }

  /** Return the actions of all tabs, oldest first. Removes entries that cannot be read. */
  all(): readonly StoredAction[] {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
      const stored = keys.flatMap((key) => this.#read(key) ?? []);
      return stored.sort((a, b) => (a.action.at < b.action.at ? -1 : 1));
    } catch {
      return [];
    }
  }

  #read(key: string): StoredAction | undefined {
    const [tab = ''] = key.slice(this.#prefix.length).split('/');
    try {
      const action = readAction(JSON.parse(localStorage.getItem(key) ?? ''));
      if (action) return { tab, action };
    } catch {
      // Not JSON: remove it below.
    }
    localStorage.removeItem(key);
    return undefined;
  }

  #keyOf = (tab: string, action: Action): string => `${this.#prefix}${tab}/${action.key}`;
}
