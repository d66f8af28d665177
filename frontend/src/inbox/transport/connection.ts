import type { InboxEvent, Notification } from '../domain/notification';
import { backoff } from './backoff';
import { isReachable } from './reachable';
import { Servers } from './servers';
import { Session } from './session';
import { Socket, TIMEOUT } from './socket';
import type { Tokens } from './tokens';
import { Transports } from './transports';
import type { SocketAddress } from './urls';
import { readEnded, readInboxEvent, readNotifications, readRefusal, type Refusal } from './wire';

/**
 * - `blocked`: the server answers, but the browser does not let the page use the answers.
 * - `refused`: the server does not accept the shopper's tokens, or has ended this connection in
 *   favour of newer ones.
 */
export type SocketState = 'connecting' | 'online' | 'offline' | 'blocked' | 'refused';

/** @internal */
export interface ConnectionHandlers {
  /** `reason` is the server's message if it refused the connection, else empty. */
  onState: (state: SocketState, reason: string) => void;
  /** Must have stored the items when it returns, because they are acknowledged right after it. */
  onNotifications: (items: readonly Notification[]) => void;
  onInbox: (event: InboxEvent) => void;
}

/**
 * An attempt that has lasted this long is replaced by a new one when the network or the page is
 * back.
 */
const STALE_MS = 3_000;
/**
 * The first wait after fresh tokens were refused. The waits grow up to the longest one, which
 * depends on whether the refusal is temporary or lasting.
 */
const REFUSED_MS = 3_000;
const LONGEST_RETRY_MS = { passing: 60_000, lasting: 300_000 };
/**
 * After this many attempts without an answer, find out whether the browser hides answers from the
 * page.
 */
const FAILURES_BEFORE_DIAGNOSIS = 3;
/** The server has ended this connection, the shopper's oldest, because the shopper has too many. */
const TOO_MANY_CONNECTIONS = 'too_many_connections';
/** A service has ended all sessions of the shopper, who may have signed in again since. */
const SESSIONS_ENDED = 'sessions_ended';
/** Refusals that have nothing to do with the token. */
const BUSY = ['unavailable', 'too_many_connects'];
/** The token belongs to another shopper, whose notifications must not mix with this shopper's. */
const OTHER_USER = 'other_user';
/**
 * If the server ends the connection for another reason, wait as long as after this many failed
 * retries.
 */
const PATIENT_ATTEMPT = 5;

/**
 * Keeps one Socket.IO connection to any of the delivery instances.
 *
 * Owns the socket in use, at most one. Each attempt creates a new socket, with one transport. A
 * polling connection is never upgraded to a WebSocket, because the WebSocket has just failed. Also,
 * if a proxy held back the answer to the WebSocket handshake, the server would answer each poll at
 * once without an event, until it gave up the upgrade.
 *
 * States: connecting → online ⇄ offline. When every instance refuses fresh tokens, the state
 * becomes refused, and stays so while the client tries again with new tokens, at growing intervals.
 *
 * The state is also refused when the shopper has more tabs open than the server allows, and this
 * tab is the oldest. If this tab connected again by itself, the server would end the connection of
 * another tab, and that tab would do the same, without end. So this tab waits until the shopper
 * returns to it.
 *
 * @internal
 */
export class Connection {
  readonly #servers: Servers<SocketAddress>;
  readonly #transports = new Transports();
  readonly #tokens: Tokens;
  readonly #handlers: ConnectionHandlers;
  #socket: Socket | undefined;
  #session: Session | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: SocketState = 'connecting';
  #reason = '';
  #attempt = 0;
  #refusals = 0;
  #failures = 0;
  #openedAt = -Infinity;
  #isStopped = true;
  /** Whether the server has ended this connection, because the shopper has too many newer ones. */
  isCrowdedOut = false;
  #hasConnected = false;

  constructor(servers: readonly SocketAddress[], tokens: Tokens, handlers: ConnectionHandlers) {
    this.#servers = new Servers(servers);
    this.#tokens = tokens;
    this.#handlers = handlers;
  }

  start(): void {
    this.#isStopped = false;
    void this.#open();
  }

  stop(): void {
    this.#isStopped = true;
    this.#drop();
    this.#state = 'connecting';
    this.#reason = '';
    this.#attempt = this.#refusals = this.#failures = 0;
    this.isCrowdedOut = false;
  }

  /** Connect now instead of after the back-off, because the shopper asks for it. */
  readonly retry = (): void => {
    if (this.#isStopped || this.#state === 'online') return;
    this.#attempt = this.#refusals = this.#failures = 0;
    this.isCrowdedOut = false;
    this.#tokens.hasten();
    this.#setState('connecting');
    void this.#open();
  };

  /** Check that the connection is alive, or reconnect, because the page or the network is back. */
  wake(isNewNetwork: boolean): void {
    if (this.#isStopped) return;
    if (this.#session) void this.#session.check();
    else if (this.isCrowdedOut) {
      if (document.visibilityState === 'visible') this.retry();
    } else if (isNewNetwork || performance.now() - this.#openedAt > STALE_MS) {
      this.#attempt = 0;
      this.#tokens.hasten();
      void this.#open();
    }
  }

  /** Get a fresh token and use it, even on the open connection. */
  renewToken(): void {
    if (this.#session) void this.#session.renew();
    // If this fails, nothing is lost, because the next attempt gets a token again.
    else if (!this.isCrowdedOut) void this.#tokens.renew().then(this.retry, () => undefined);
  }

  async #open(): Promise<void> {
    this.#drop();
    this.#openedAt = performance.now();
    let token: string;
    try {
      token = await this.#tokens.current();
    } catch {
      if (!this.#socket) this.#tryLater();
      return;
    }
    // `stop`, or another `#open`, may have run during the await. The server would push to a second
    // socket, and nothing would close it.
    if (this.#isStopped || this.#socket) return;
    this.#socket = this.#connect(token);
  }

  #connect(token: string): Socket {
    const socket = new Socket(this.#servers.current, this.#transports.current, token, {
      onConnect: () => {
        this.#attempt = this.#refusals = this.#failures = 0;
        this.#hasConnected = true;
        this.#transports.worked();
        this.#session = this.#startSession(socket, token);
        this.#setState('online');
      },
      onRefused: (message, data) => {
        this.#afterRefusal(token, readRefusal(message, data));
      },
      onEnd: (reason) => {
        if (this.#session) this.#moveOn();
        // No session has started, so the transport has failed. Some proxies let the handshake of a
        // WebSocket pass, then cut the connection.
        else this.#afterFailure(reason);
      },
      onEvent: (name, payload, ack) => {
        if (name === 'notifications') {
          // Acknowledge last. If the handler throws, the server must push these notifications
          // again.
          this.#handlers.onNotifications(readNotifications(payload));
          ack();
        } else if (name === 'inbox') {
          const event = readInboxEvent(payload);
          if (event) this.#handlers.onInbox(event);
        } else if (name === 'ended') this.#afterEnded(token, payload);
      },
    });
    return socket;
  }

  #afterEnded(token: string, payload: unknown): void {
    const { reason, message } = readEnded(payload);
    if (reason === TOO_MANY_CONNECTIONS) {
      this.isCrowdedOut = true;
      this.#endRefused(message);
    } else if (reason === SESSIONS_ENDED) {
      // The server disconnects next. It would refuse the old token when the client connects again.
      this.#tokens.refused(token);
    } else {
      this.#attempt = PATIENT_ATTEMPT;
      this.#moveOn();
    }
  }

  #startSession(socket: Socket, token: string): Session {
    return new Session(socket, this.#tokens, token, {
      onSilent: () => {
        this.#setState('offline');
        void this.#open();
      },
      onRefused: ({ code, message }) => {
        if (code === OTHER_USER) this.#endRefused(message);
      },
    });
  }

  #afterFailure(reason: string): void {
    this.#failures += 1;
    if (this.#transports.failed(reason === TIMEOUT)) void this.#open();
    else this.#moveOn();
    if (this.#failures === FAILURES_BEFORE_DIAGNOSIS && !this.#hasConnected) void this.#diagnose();
  }

  /** Find out whether the server answers, but the browser hides its answers from this page. */
  async #diagnose(): Promise<void> {
    const isBlocked = await isReachable(this.#servers.current.health);
    if (isBlocked && !this.#isStopped && this.#state === 'offline') this.#setState('blocked');
  }

  /**
   * Try a fresh token at the next instance. The token may be too old, or the instance faulty. When
   * fresh tokens are refused too, keep trying at growing intervals: the issuer may not have its new
   * secret yet.
   */
  #afterRefusal(token: string, refusal: Refusal): void {
    this.#transports.worked();
    this.#hasConnected = true;
    if (BUSY.includes(refusal.code)) {
      this.#moveOn();
      return;
    }
    this.#tokens.refused(token);
    const nth = (this.#refusals += 1) - this.#servers.count - 1;
    this.#servers.moveOn();
    if (nth < 0) {
      // The server answers, so do not say that the shopper is offline.
      this.#tryLater(this.#state);
      return;
    }
    this.#endRefused(refusal.message);
    const longest = refusal.isRetryable ? LONGEST_RETRY_MS.passing : LONGEST_RETRY_MS.lasting;
    this.#openLater(backoff(nth, REFUSED_MS, longest));
  }

  #endRefused(reason: string): void {
    this.#drop();
    this.#setState('refused', reason);
  }

  #moveOn(): void {
    this.#servers.moveOn();
    this.#tryLater();
  }

  #tryLater(state: SocketState = 'offline'): void {
    if (this.#isStopped) return;
    this.#drop();
    // Stay refused, or blocked, until a server accepts this client.
    if (this.#state !== 'refused' && this.#state !== 'blocked') this.#setState(state);
    this.#openLater(backoff(this.#attempt));
    this.#attempt += 1;
  }

  #openLater(delay: number): void {
    this.#timer = setTimeout(() => void this.#open(), delay);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#session?.stop();
    this.#session = undefined;
    this.#socket?.disconnect();
    this.#socket = undefined;
  }

  #setState(state: SocketState, reason = ''): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#handlers.onState(state, reason);
  }
}
