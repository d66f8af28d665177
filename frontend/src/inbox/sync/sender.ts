import type { Action } from '../domain/action';
import { ApiError } from '../transport/api-error';
import { backoff } from '../transport/backoff';
import type { InboxApi } from '../transport/inbox-api';
import type { Outbox } from './outbox';

/** An action is given up after this many server errors in a row. Failures to connect do not count. */
const MAX_ATTEMPTS = 5;

export interface SenderHandlers {
  onRefused: (action: Action, error: unknown) => void;
  onDone: (action: Action) => void;
  /** Called with the number of actions that wait for the next retry, or 0 when all are sent. */
  onWaiting: (count: number) => void;
}

/** Sends the actions in the outbox one after the other, and retries after a back-off. */
export class Sender {
  readonly #api: InboxApi;
  readonly #outbox: Outbox;
  readonly #handlers: SenderHandlers;
  #lifetime = new AbortController();
  #isSending = false;
  /** Consecutive server errors for the next action. Failures to connect are not counted. */
  #failures = 0;
  /** Consecutive failures of any kind. They set the back-off. */
  #failedTries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: InboxApi, outbox: Outbox, handlers: SenderHandlers) {
    this.#api = api;
    this.#outbox = outbox;
    this.#handlers = handlers;
  }

  /** Send now: there is a new action, or the server may be reachable again. */
  readonly send = (): void => {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    this.#isSending = true;
    void this.#sendAll(this.#lifetime.signal);
  };

  stop(): void {
    this.#lifetime.abort();
    this.#lifetime = new AbortController();
    clearTimeout(this.#timer);
    this.#isSending = false;
    this.#failures = this.#failedTries = 0;
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    for (let action = this.#outbox.next; action; action = this.#outbox.next) {
      const error = await this.#sendOne(action, signal);
      if (signal.aborted) return;
      if (error !== undefined) {
        this.#isSending = false;
        this.#handlers.onWaiting(this.#outbox.length);
        this.#timer = setTimeout(this.send, backoff(this.#failedTries));
        this.#failedTries += 1;
        return;
      }
    }
    this.#isSending = false;
    this.#handlers.onWaiting(0);
  }

  /**
   * Send one action. Returns undefined when it is done or given up, else the error to retry after.
   */
  async #sendOne(action: Action, signal: AbortSignal): Promise<unknown> {
    try {
      const answer = await this.#api.perform(action, signal);
      // `stop` during the call has closed the outbox, and the action is stored for the next start.
      // Then it is sent again, which does no harm.
      if (signal.aborted) return undefined;
      this.#outbox.done(action, answer);
      this.#handlers.onDone(action);
    } catch (error) {
      if (signal.aborted || !this.#isGivenUp(error)) return error;
      // If an erasure during the call has emptied the outbox, there is no refusal to show.
      if (this.#outbox.refused(action)) this.#handlers.onRefused(action, error);
    }
    this.#failures = this.#failedTries = 0;
    return undefined;
  }

  #isGivenUp(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.isFinal) return true;
    if (error.kind === 'failing') this.#failures += 1;
    return this.#failures >= MAX_ATTEMPTS;
  }
}
