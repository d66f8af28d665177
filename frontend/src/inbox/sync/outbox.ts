import type { Action } from '../domain/action';
import type { Notification } from '../domain/notification';
import { isObject, readNotification } from '../transport/wire';
import { readAction } from './read-action';
import { StoredActions } from './outbox-storage';
import { Tabs } from './tabs';

/** The maximum number of actions. A long time offline must not fill memory or `localStorage`. */
const LIMIT = 500;

/** Called for the actions of this tab and of the shopper's other tabs. */
export interface OutboxHandlers {
  onAddition: (action: Action) => void;
  onDone: (action: Action, answer: Notification | undefined) => void;
  onRefused: (action: Action) => void;
  /** Called when this tab has taken over the actions of a tab that is gone. They must be sent. */
  onAdopted: () => void;
}

/** Return a key that is unique across the tabs of a browser. */
export const uniqueKey = (): string =>
  `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/**
 * Owns the actions that the server does not know yet, in order, at most 500.
 *
 * Each tab sends its own actions, and the other tabs show them in the meantime. The actions are
 * stored in the browser. When a tab crashes, or is closed while offline, another open tab adopts
 * its actions, or else the next tab that opens. Sending an action twice does no harm, so it does
 * not matter if a tab crashes between sending an action and removing it.
 */
export class Outbox {
  readonly #handlers: OutboxHandlers;
  readonly #own: Action[] = [];
  #stored: StoredActions | undefined;
  #tabs: Tabs | undefined;
  #opening: symbol | undefined;

  constructor(handlers: OutboxHandlers) {
    this.#handlers = handlers;
  }

  /**
   * Start sharing with the shopper's other tabs, if the browser can. Later calls do nothing.
   * Resolves when the actions of tabs that are gone have been adopted.
   */
  async open(shopper: string): Promise<void> {
    if (this.#opening || !Tabs.areSupported) return;
    const opening = (this.#opening = Symbol(shopper));
    const name = `notification-inbox/${encodeURIComponent(shopper)}`;
    const tabs = await this.#join(name, opening);
    // `close` ran during the await. Without `leave`, other tabs would think that this one is open.
    if (this.#opening !== opening) {
      tabs.leave();
      return;
    }
    this.#tabs = tabs;
    this.#stored = new StoredActions(name);
    for (const action of this.#own) this.#share(action);
    await this.#adopt();
  }

  /** Join the shopper's other tabs. If this fails, `open` may be called again. */
  async #join(name: string, opening: symbol): Promise<Tabs> {
    try {
      return await Tabs.join(name, uniqueKey(), (message) => {
        this.#onMessage(message);
      });
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }

  /** Stop sharing. Unsent actions stay stored in the browser, if they could be stored. */
  close(): void {
    this.#opening = undefined;
    this.#tabs?.leave();
    this.#tabs = undefined;
    this.#stored = undefined;
    this.#own.length = 0;
  }

  get length(): number {
    return this.#own.length;
  }

  /** The actions of this tab, in order. */
  get all(): readonly Action[] {
    return this.#own;
  }

  /** Add an action. Returns false if the outbox is full. */
  add(action: Action): boolean {
    if (this.#own.length >= LIMIT) return false;
    this.#own.push(action);
    this.#handlers.onAddition(action);
    this.#share(action);
    return true;
  }

  /** Remove an action that the server has done. */
  done(action: Action, answer: Notification | undefined): void {
    if (!this.#take(action)) return;
    this.#handlers.onDone(action, answer);
    this.#tabs?.post({ done: action, answer });
  }

  /** Remove an action that the server refused. Returns whether it was still in the outbox. */
  refused(action: Action): boolean {
    if (!this.#take(action)) return false;
    this.#handlers.onRefused(action);
    this.#tabs?.post({ refused: action });
    return true;
  }

  /** Take back all actions, because their notifications were erased. */
  clear(): void {
    for (const action of [...this.#own]) this.refused(action);
  }

  /**
   * Remove the shopper's actions from this browser, including those of closed tabs. The other open
   * tabs undo their own actions. Returns how many actions the server has not done.
   */
  forget(): number {
    const stored = this.#stored?.all() ?? [];
    for (const { tab, action } of stored) this.#stored?.remove(tab, action);
    const lost = new Set(
      [...this.#own, ...stored.map(({ action }) => action)].map(({ key }) => key),
    );
    for (const action of this.#own) this.#tabs?.post({ refused: action });
    this.#tabs?.post({ forgotten: true });
    this.#own.length = 0;
    return lost.size;
  }

  #take(action: Action): boolean {
    const index = this.#own.findIndex(({ key }) => key === action.key);
    if (index < 0) return false;
    this.#own.splice(index, 1);
    if (this.#tabs) this.#stored?.remove(this.#tabs.self, action);
    return true;
  }

  #share(action: Action): void {
    if (!this.#tabs) return;
    this.#stored?.put(this.#tabs.self, action);
    this.#tabs.post({ added: action });
  }

  #onMessage(message: unknown): void {
    if (!isObject(message) || typeof message.tab !== 'string') return;
    if (message.forgotten === true)
      for (const action of [...this.#own]) {
        this.#take(action);
        this.#handlers.onRefused(action);
      }
    const added = readAction(message.added);
    if (added) this.#show(message.tab, added);
    const done = readAction(message.done);
    if (done) this.#handlers.onDone(done, readNotification(message.answer));
    const refused = readAction(message.refused);
    if (refused) this.#handlers.onRefused(refused);
  }

  #show(tab: string, action: Action): void {
    this.#handlers.onAddition(action);
    this.#tabs?.whenGone(tab, () => void this.#adopt());
  }

  /** Adopt the actions of tabs that are gone, and show the unsent actions of the open tabs. */
  async #adopt(): Promise<void> {
    await this.#tabs?.runAlone((openTabs) => {
      for (const { tab, action } of this.#stored?.all() ?? []) {
        if (tab === this.#tabs?.self) continue;
        if (openTabs.has(tab)) this.#show(tab, action);
        // If there is no room, the action stays stored until a tab has room for it.
        else if (this.#own.length < LIMIT) this.#adoptOne(tab, action);
      }
      if (this.#own.length > 0) this.#handlers.onAdopted();
    });
  }

  #adoptOne(tab: string, action: Action): void {
    if (!this.#own.some(({ key }) => key === action.key)) {
      this.#own.push(action);
      this.#handlers.onAddition(action);
      this.#share(action);
    }
    // Remove it last. A crash in between then leaves the action stored twice, instead of losing it.
    this.#stored?.remove(tab, action);
  }
}
