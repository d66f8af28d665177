import { isObject } from '../transport/wire';

export interface AlertPreferences {
  /** System notifications while the page is hidden. */
  readonly desktop: boolean;
  readonly sound: boolean;
}

const KEY = 'notification-inbox-alerts';
export const OFF: AlertPreferences = { desktop: false, sound: false };

function readStored(): AlertPreferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '');
    if (isObject(stored)) return { desktop: stored.desktop === true, sound: stored.sound === true };
  } catch {
    // Nothing is stored, or storage is forbidden.
  }
  return OFF;
}

/**
 * Owns the shopper's choice of alerts. It is stored in the browser and shared by all tabs. It is
 * read at the first use, because servers import this module too.
 */
class Preferences {
  #current: AlertPreferences | undefined;
  readonly #listeners = new Set<() => void>();

  readonly get = (): AlertPreferences => {
    // Listen even while nothing subscribes, because signing out removes the stored choice.
    if (!this.#current) window.addEventListener('storage', this.#onStorage);
    return (this.#current ??= readStored());
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(change: Partial<AlertPreferences>): void {
    this.#publish({ ...this.get(), ...change });
    try {
      localStorage.setItem(KEY, JSON.stringify(this.get()));
    } catch {
      // The choice cannot be stored, so it lasts until the page is closed.
    }
  }

  readonly #onStorage = (event: StorageEvent): void => {
    if (event.key === KEY || event.key === null) this.#publish(readStored());
  };

  #publish(preferences: AlertPreferences): void {
    this.#current = preferences;
    for (const listener of this.#listeners) listener();
  }
}

export const alertPreferences = /* @__PURE__ */ new Preferences();
