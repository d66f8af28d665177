import type { Action } from '../domain/action';
import { readAction } from './read-action';

export interface KeptAction {
  readonly tab: string;
  readonly action: Action;
}

/**
 * The unsent actions of one shopper in this browser, in `localStorage`: an entry each, so that tabs
 * never write over one another's. Where the browser refuses (full, or forbidden), they live no
 * longer than their tab.
 */
export class KeptActions {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}/`;
  }

  put(tab: string, action: Action): void {
    try {
      localStorage.setItem(this.#keyOf(tab, action), JSON.stringify(action));
    } catch {
      // It is held in memory all the same.
    }
  }

  remove(tab: string, action: Action): void {
    try {
      localStorage.removeItem(this.#keyOf(tab, action));
    } catch {
      // Then none was put either.
    }
  }

  /** All tabs', oldest first. What cannot be read is of another version, and removed. */
  all(): readonly KeptAction[] {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
      const kept = keys.flatMap((key) => this.#read(key) ?? []);
      return kept.sort((a, b) => (a.action.at < b.action.at ? -1 : 1));
    } catch {
      return [];
    }
  }

  #read(key: string): KeptAction | undefined {
    const [tab = ''] = key.slice(this.#prefix.length).split('/');
    try {
      const action = readAction(JSON.parse(localStorage.getItem(key) ?? ''));
      if (action) return { tab, action };
    } catch {
      // Falls through: not JSON.
    }
    localStorage.removeItem(key);
    return undefined;
  }

  #keyOf = (tab: string, action: Action): string => `${this.#prefix}${tab}/${action.key}`;
}
