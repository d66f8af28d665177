import type { Socket } from './socket';
import type { Tokens } from './tokens';
import { isObject, readRefusal, type Refusal } from './wire';

const ANSWER_TIMEOUT_MS = 3_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface SessionHandlers {
  /** Called when the server does not answer, so the connection is dead. */
  onSilent: () => void;
  /**
   * Called when the server has refused a fresh token. The connection stays open until the old one
   * expires.
   */
  onRefused: (refusal: Refusal) => void;
}

/**
 * Looks after one open connection. Sends a fresh token (event `auth`) before the old one expires,
 * and asks whether the server is still there (event `check`). The answer to `check` says how long
 * the token lasts, because the browser's clock may be wrong.
 */
export class Session {
  readonly #socket: Socket;
  readonly #tokens: Tokens;
  readonly #handlers: SessionHandlers;
  /** The token that the server knows. */
  #token: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isChecking = false;
  #isStopped = false;
  /** Whether the server answers checks. Servers of older releases never do. */
  #answersChecks = false;

  constructor(socket: Socket, tokens: Tokens, token: string, handlers: SessionHandlers) {
    this.#socket = socket;
    this.#tokens = tokens;
    this.#token = token;
    this.#handlers = handlers;
    tokens.accepted(token);
    this.#schedule();
    void this.check();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Ask whether the server is still there. Any packet counts as an answer. */
  async check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const token = this.#token;
    const before = this.#socket.packetCount;
    const answer = await this.#socket.ask(ANSWER_TIMEOUT_MS, 'check');
    this.#isChecking = false;
    if (this.#isStopped) return;
    if (isObject(answer)) {
      this.#answersChecks = true;
      if (typeof answer.expires_in !== 'number') return;
      this.#tokens.learn(token, answer.expires_in);
      this.#schedule();
    } else if (this.#answersChecks && this.#socket.packetCount === before)
      this.#handlers.onSilent();
  }

  /** Get a fresh token and send it now. */
  async renew(): Promise<void> {
    clearTimeout(this.#timer);
    // Without a token or an answer, the connection lasts until the old token expires.
    const token = await this.#tokens.renew().catch(() => this.#token);
    if (this.#isStopped) return;
    if (token !== this.#token) await this.#send(token);
    this.#schedule();
  }

  async #send(token: string): Promise<void> {
    const answer = await this.#socket.ask(ANSWER_TIMEOUT_MS, 'auth', { token });
    if (this.#isStopped || !isObject(answer)) return;
    if (answer.ok !== true) {
      this.#tokens.refused(token);
      this.#handlers.onRefused(readRefusal(answer.error, answer));
      return;
    }
    this.#token = token;
    this.#tokens.accepted(token);
    void this.check();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const delay = Math.max(this.#tokens.renewIn, this.#tokens.pause);
    if (delay === Infinity) return;
    this.#timer = setTimeout(() => void this.renew(), Math.min(LONGEST_TIMER_MS, delay));
  }
}
