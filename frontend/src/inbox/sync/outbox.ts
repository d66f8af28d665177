import type { Notification } from '../domain/notification';
import type { Action } from '../domain/action';
import { isObject, readNotification } from '../transport/wire';
import { KeptActions } from './kept-actions';
import { readAction } from './read-action';
import { Tabs } from './tabs';

const LIMIT = 500;

/** Actions of this tab and of the shopper's others, to be shown alike. */
export interface OutboxHandlers {
  onAdded: (action: Action) => void;
  onDone: (action: Action, answer: Notification | undefined) => void;
  onRefused: (action: Action) => void;
  /** There is something to send, left behind by a tab that is gone. */
  onAdopted: () => void;
}

/** Unique over the tabs of a browser. */
export const uniqueKey = (): string =>
  `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/**
 * Owns what the shopper has done and the server does not know yet, in order, at most 500.
 *
 * Each tab sends its own actions, and the others show them meanwhile. They are kept in the browser:
 * what a tab leaves behind, closed while offline or crashed, is adopted by another, at the latest
 * by the next that opens. Sending is safe to repeat, so a tab that goes between its call and the
 * note of it does no harm.
 */
export class Outbox {
  readonly #handlers: OutboxHandlers;
  readonly #own: Action[] = [];
  #kept: KeptActions | undefined;
  #tabs: Tabs | undefined;
  #opening: symbol | undefined;

  constructor(handlers: OutboxHandlers) {
    this.#handlers = handlers;
  }

  /** From here on, shares with the shopper's other tabs, where the browser can. Once. */
  async open(shopper: string): Promise<void> {
    if (this.#opening || !Tabs.areKnown) return;
    const opening = (this.#opening = Symbol(shopper));
    const name = `notification-inbox/${encodeURIComponent(shopper)}`;
    const tabs = await this.#join(name, opening);
    if (this.#opening !== opening) {
      tabs.leave();
      return;
    }
    this.#tabs = tabs;
    this.#kept = new KeptActions(name);
    for (const action of this.#own) this.#share(action);
    this.#adopt();
  }

  /** Where it fails, another try may be made. */
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

  /** What is unsent stays in the browser, if it can be kept there. */
  close(): void {
    this.#opening = undefined;
    this.#tabs?.leave();
    this.#tabs = undefined;
    this.#kept = undefined;
    this.#own.length = 0;
  }

  get length(): number {
    return this.#own.length;
  }

  get next(): Action | undefined {
    return this.#own[0];
  }

  /** Whether there was room for it. */
  add(action: Action): boolean {
    if (this.#own.length >= LIMIT) return false;
    this.#own.push(action);
    this.#handlers.onAdded(action);
    this.#share(action);
    return true;
  }

  /** The server has done it. */
  done(action: Action, answer: Notification | undefined): void {
    if (!this.#take(action)) return;
    this.#handlers.onDone(action, answer);
    this.#tabs?.tell({ tab: this.#tabs.self, done: action, answer });
  }

  /** The server will not do it; whether it was still here. */
  refused(action: Action): boolean {
    if (!this.#take(action)) return false;
    this.#handlers.onRefused(action);
    this.#tabs?.tell({ tab: this.#tabs.self, refused: action });
    return true;
  }

  /** All was erased, and there is nothing left to be done to it. */
  clear(): void {
    for (const action of [...this.#own]) this.#take(action);
  }

  #take(action: Action): boolean {
    const index = this.#own.findIndex(({ key }) => key === action.key);
    if (index < 0) return false;
    this.#own.splice(index, 1);
    if (this.#tabs) this.#kept?.remove(this.#tabs.self, action);
    return true;
  }

  #share(action: Action): void {
    if (!this.#tabs) return;
    this.#kept?.put(this.#tabs.self, action);
    this.#tabs.tell({ tab: this.#tabs.self, added: action });
  }

  #onMessage(message: unknown): void {
    if (!isObject(message) || typeof message.tab !== 'string') return;
    const added = readAction(message.added);
    if (added) this.#show(message.tab, added);
    const done = readAction(message.done);
    if (done) this.#handlers.onDone(done, readNotification(message.answer));
    const refused = readAction(message.refused);
    if (refused) this.#handlers.onRefused(refused);
  }

  #show(tab: string, action: Action): void {
    this.#handlers.onAdded(action);
    this.#tabs?.whenGone(tab, () => {
      this.#adopt();
    });
  }

  /** Takes on what tabs that are gone have left, and shows what the living ones have yet to send. */
  #adopt(): void {
    this.#tabs?.alone((living) => {
      for (const { tab, action } of this.#kept?.all() ?? []) {
        if (tab === this.#tabs?.self) continue;
        if (living.has(tab)) this.#show(tab, action);
        // What there is no room for stays where it is, for the next that looks.
        else if (this.#own.length < LIMIT) this.#takeOn(tab, action);
      }
      if (this.#own.length > 0) this.#handlers.onAdopted();
    });
  }

  #takeOn(tab: string, action: Action): void {
    if (!this.#own.some(({ key }) => key === action.key)) {
      this.#own.push(action);
      this.#handlers.onAdded(action);
      this.#share(action);
    }
    // Only now: a crash in between leaves it twice, never nowhere.
    this.#kept?.remove(tab, action);
  }
}
