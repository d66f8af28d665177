import { isObject } from '../transport/wire';

export interface AlertPreferences {
  /** Notifications of the operating system, while the page is out of sight. */
  readonly desktop: boolean;
  readonly sound: boolean;
}

const KEY = 'notification-inbox-alerts';
const OFF: AlertPreferences = { desktop: false, sound: false };

function recall(): AlertPreferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '');
    if (isObject(kept)) return { desktop: kept.desktop === true, sound: kept.sound === true };
  } catch {
    // Nothing kept, or nothing may be.
  }
  return OFF;
}

/** Owns what the shopper wants to be told by; kept in this browser, the same in all tabs. */
class Preferences {
  #current = recall();
  readonly #listeners = new Set<() => void>();

  readonly get = (): AlertPreferences => this.#current;

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.#listeners.size === 0) window.addEventListener('storage', this.#onStorage);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) window.removeEventListener('storage', this.#onStorage);
    };
  };

  set(change: Partial<AlertPreferences>): void {
    this.#publish({ ...this.#current, ...change });
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#current));
    } catch {
      // It holds until the page is left.
    }
  }

  readonly #onStorage = (event: StorageEvent): void => {
    if (event.key === KEY || event.key === null) this.#publish(recall());
  };

  #publish(preferences: AlertPreferences): void {
    this.#current = preferences;
    for (const listener of this.#listeners) listener();
  }
}

export const alertPreferences = new Preferences();
