import type { Socket } from 'socket.io-client';
import type { Tokens } from './tokens';
import { isObject } from './wire';

const ANSWER_TIMEOUT_MS = 5_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Keeps a connection open by sending a fresh token (event `auth`) before the old one expires. */
export class TokenExtension {
  readonly #socket: Socket;
  readonly #tokens: Tokens;
  readonly #onRefused: (reason: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(socket: Socket, tokens: Tokens, onRefused: (reason: string) => void) {
    this.#socket = socket;
    this.#tokens = tokens;
    this.#onRefused = onRefused;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Send a fresh token now. */
  renew(): void {
    clearTimeout(this.#timer);
    void this.#extend();
  }

  #schedule(): void {
    const delay = this.#tokens.renewAt - Date.now();
    if (this.#isStopped || delay === Infinity) return;
    this.#timer = setTimeout(
      () => void this.#extend(),
      Math.min(LONGEST_TIMER_MS, Math.max(0, delay)),
    );
  }

  async #extend(): Promise<void> {
    const answer = await this.#sendFreshToken().catch(() => undefined);
    // Without a token or an answer, the server will end the connection, and we reconnect.
    if (this.#isStopped || !isObject(answer)) return;
    if (answer.ok === true) this.#schedule();
    else this.#onRefused(typeof answer.error === 'string' ? answer.error : '');
  }

  async #sendFreshToken(): Promise<unknown> {
    const token = await this.#tokens.renew();
    return this.#socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck('auth', { token });
  }
}
