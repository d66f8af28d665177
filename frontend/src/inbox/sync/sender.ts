import { ApiError } from '../transport/api-error';
import { backoff } from '../transport/backoff';
import type { InboxApi } from '../transport/inbox-api';
import type { Action } from '../domain/action';
import type { Outbox } from './outbox';

/** How often an action is sent to a server that answers, and fails. One not reached is tried on. */
const ATTEMPTS = 5;

export interface SenderHandlers {
  onRefused: (action: Action, error: unknown) => void;
  onDone: (action: Action) => void;
  /** How many actions wait for the next try; 0 when all have got through. */
  onWaiting: (count: number) => void;
}

/** Sends what is in the outbox, one after the other, and tries again what did not get through. */
export class Sender {
  readonly #api: InboxApi;
  readonly #outbox: Outbox;
  readonly #handlers: SenderHandlers;
  #life = new AbortController();
  #isSending = false;
  /** Of the action that is next, answered ones: a server that is not reached has refused nothing. */
  #failures = 0;
  /** In a row, of whatever kind: by them the next one waits. */
  #triedInVain = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: InboxApi, outbox: Outbox, handlers: SenderHandlers) {
    this.#api = api;
    this.#outbox = outbox;
    this.#handlers = handlers;
  }

  /** There is something to send, or reason to believe that it gets through now. */
  readonly send = (): void => {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    this.#isSending = true;
    void this.#sendAll(this.#life.signal);
  };

  stop(): void {
    this.#life.abort();
    this.#life = new AbortController();
    clearTimeout(this.#timer);
    this.#isSending = false;
    this.#failures = this.#triedInVain = 0;
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    for (let action = this.#outbox.next; action; action = this.#outbox.next) {
      const error = await this.#sendOne(action, signal);
      if (signal.aborted) return;
      if (error !== undefined) {
        this.#isSending = false;
        this.#handlers.onWaiting(this.#outbox.length);
        this.#timer = setTimeout(this.send, backoff(this.#triedInVain));
        this.#triedInVain += 1;
        return;
      }
    }
    this.#isSending = false;
    this.#handlers.onWaiting(0);
  }

  /** Undefined once the action is settled; else why it has to be tried again. */
  async #sendOne(action: Action, signal: AbortSignal): Promise<unknown> {
    try {
      const answer = await this.#api.perform(action, signal);
      if (signal.aborted) return undefined;
      this.#outbox.done(action, answer);
      this.#handlers.onDone(action);
    } catch (error) {
      if (signal.aborted || !this.#isGivenUp(error)) return error;
      if (this.#outbox.refused(action)) this.#handlers.onRefused(action, error);
    }
    this.#failures = this.#triedInVain = 0;
    return undefined;
  }

  #isGivenUp(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.isFinal) return true;
    if (error.kind === 'failing') this.#failures += 1;
    return this.#failures >= ATTEMPTS;
  }
}
