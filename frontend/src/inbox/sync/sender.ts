import type { Action } from '../domain/action';
import { ApiError } from '../transport/api-error';
import { backoff } from '../transport/backoff';
import type { InboxApi } from '../transport/inbox-api';
import { nextToSend } from './next-to-send';
import type { Outbox } from './outbox';

export interface SenderHandlers {
  onRefused: (action: Action, error: unknown) => void;
  onDone: (action: Action) => void;
  /** Called with the number of actions that wait for the next retry, or 0 when all are sent. */
  onWaiting: (count: number) => void;
}

/** An error in our own code counts as a refusal too, because a retry would not help. */
const isRefusal = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.kind === 'rejected';

/**
 * Sends the actions in the outbox one after the other. Retries after a back-off, and not before the
 * server's `Retry-After`, until each action is done or refused. A temporary failure does not count
 * as a refusal: a server that fails, a rate limit, or a token that is not accepted now. An action
 * that fails each time holds back only those whose order with it matters.
 */
export class Sender {
  readonly #api: InboxApi;
  readonly #outbox: Outbox;
  readonly #handlers: SenderHandlers;
  #lifetime = new AbortController();
  #isSending = false;
  /** Consecutive failures, which set the back-off. */
  #failures = 0;
  /** How often each action has failed, by its key. */
  readonly #failuresOf = new Map<string, number>();
  /**
   * The earliest time of the next call, by `performance.now()`, because the server asked to wait.
   */
  #notBefore = 0;
  #whenAllSent: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: InboxApi, outbox: Outbox, handlers: SenderHandlers) {
    this.#api = api;
    this.#outbox = outbox;
    this.#handlers = handlers;
  }

  /** Send the actions now, because there is a new one, or the server may be reachable again. */
  readonly send = (): void => {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    const wait = this.#notBefore - performance.now();
    if (wait > 0) {
      this.#timer = setTimeout(this.send, wait);
      return;
    }
    this.#isSending = true;
    void this.#sendAll(this.#lifetime.signal);
  };

  /** Send the actions. Resolves when all are done or refused, at the latest after this time. */
  flush(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#whenAllSent = () => {
        clearTimeout(timer);
        resolve();
      };
      this.send();
    });
  }

  stop(): void {
    this.#whenAllSent = undefined;
    this.#lifetime.abort();
    this.#lifetime = new AbortController();
    clearTimeout(this.#timer);
    this.#isSending = false;
    this.#failures = this.#notBefore = 0;
    this.#failuresOf.clear();
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    for (let action = this.#next(); action; action = this.#next()) {
      const error = await this.#sendOne(action, signal);
      if (signal.aborted) return;
      if (error !== undefined) {
        this.#isSending = false;
        this.#failuresOf.set(action.key, (this.#failuresOf.get(action.key) ?? 0) + 1);
        this.#handlers.onWaiting(this.#outbox.length);
        this.#retryAfter(error);
        return;
      }
    }
    this.#isSending = false;
    this.#handlers.onWaiting(0);
    this.#whenAllSent?.();
  }

  #next(): Action | undefined {
    return nextToSend(this.#outbox.all, ({ key }) => this.#failuresOf.get(key) ?? 0);
  }

  #retryAfter(error: unknown): void {
    const asked = error instanceof ApiError ? error.retryAfter : 0;
    this.#notBefore = performance.now() + asked;
    this.#timer = setTimeout(this.send, Math.max(asked, backoff(this.#failures)));
    this.#failures += 1;
  }

  /**
   * Send one action. Returns undefined when it is done or refused, else the error to retry after.
   */
  async #sendOne(action: Action, signal: AbortSignal): Promise<unknown> {
    try {
      const answer = await this.#api.perform(action, signal);
      // If `stop` ran during the call, the outbox is closed, and the action is stored for the next
      // start. It is then sent again, which does no harm.
      if (signal.aborted) return undefined;
      this.#outbox.done(action, answer);
      this.#handlers.onDone(action);
    } catch (error) {
      if (signal.aborted || !isRefusal(error)) return error;
      // If an erasure during the call has emptied the outbox, there is no refusal to show.
      if (this.#outbox.refused(action)) this.#handlers.onRefused(action, error);
    }
    this.#failures = 0;
    this.#failuresOf.delete(action.key);
    return undefined;
  }
}
