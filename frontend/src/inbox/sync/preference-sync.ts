import type { Preferences } from '../domain/preferences';
import type { InboxStore } from '../store/inbox-store';
import type { InboxApi } from '../transport/inbox-api';
import { problemOf } from './problem-of';

type Change = (before: Preferences) => Preferences;

/**
 * Loads the shopper's preferences into the store, and saves changes, one request after the other.
 *
 * A change shows at once. If it cannot be saved, it is undone, and the store gets a problem. The
 * API replaces all preferences at once, so each save first reads them again, to keep what another
 * tab has changed.
 */
export class PreferenceSync {
  readonly #store: InboxStore;
  readonly #api: InboxApi;
  #lifetime = new AbortController();
  #queue = Promise.resolve();
  #saved: Preferences | undefined;
  #changes: readonly Change[] = [];
  /** Whether a load waits in the queue. A second load would read the same, so it is not queued. */
  #isToLoad = false;

  /** @internal */
  constructor(store: InboxStore, api: InboxApi) {
    this.#store = store;
    this.#api = api;
    this.stop();
  }

  /** Load the preferences if this was asked for since `stop`. */
  start(): void {
    this.#lifetime = new AbortController();
    if (!this.#isToLoad) return;
    this.#isToLoad = false;
    this.load();
  }

  /** Until the next `start`, nothing is loaded or saved. */
  stop(): void {
    this.#lifetime.abort();
    this.#saved = undefined;
    this.#changes = [];
    this.#isToLoad = false;
  }

  readonly load = (): void => {
    if (this.#isToLoad) return;
    this.#isToLoad = true;
    this.#enqueue('load-preferences', async (signal) => {
      this.#isToLoad = false;
      this.#saved = await this.#api.preferences(signal);
      return true;
    });
  };

  readonly save = (change: Change): void => {
    if (this.#lifetime.signal.aborted) return;
    this.#changes = [...this.#changes, change];
    this.#show();
    this.#enqueue('preferences', async (signal) => {
      // An earlier request has saved the changes, or failed.
      if (this.#changes.length === 0) return false;
      const before = await this.#api.preferences(signal);
      const changes = this.#changes;
      const wanted = changes.reduce((preferences, next) => next(preferences), before);
      this.#saved = await this.#api.preferences(signal, wanted);
      this.#changes = this.#changes.slice(changes.length);
      return true;
    });
  };

  /** Run the task after the earlier ones. The task returns whether it has called the API. */
  #enqueue(
    during: 'preferences' | 'load-preferences',
    task: (signal: AbortSignal) => Promise<boolean>,
  ): void {
    const { signal } = this.#lifetime;
    this.#queue = this.#queue
      .then(() => !signal.aborted && task(signal))
      .then(
        (isDone) => {
          if (isDone && !signal.aborted) this.#store.clearProblem(during);
        },
        (error: unknown) => {
          if (signal.aborted) return;
          // A load that fails undoes nothing: the changes queued after it are still to be saved.
          if (during === 'preferences') this.#changes = [];
          this.#store.changeStatus({ problem: problemOf(during, error) });
        },
      )
      .then(() => {
        if (!signal.aborted) this.#show();
      });
  }

  #show(): void {
    const saved = this.#saved;
    if (!saved) return;
    const preferences = this.#changes.reduce((shown, change) => change(shown), saved);
    this.#store.changeStatus({ preferences });
  }
}
