import { io, type Socket } from 'socket.io-client';
import type { InboxEvent, Notification } from '../domain/notification';
import { backoff } from './backoff';
import { Servers } from './servers';
import { TokenExtension } from './token-extension';
import type { Tokens } from './tokens';
import { Transports, type TransportName } from './transports';
import { readFarewell, readInboxEvent, readNotifications } from './wire';

export type ConnectionState = 'connecting' | 'online' | 'offline' | 'refused';

export interface ConnectionHandlers {
  /** `reason` is the server's message if it refused the connection, else empty. */
  onState: (state: ConnectionState, reason: string) => void;
  /** Must hold the items when it returns, because they are acknowledged right after it. */
  onNotifications: (items: readonly Notification[]) => void;
  onInbox: (event: InboxEvent) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The server ends the oldest connection of a shopper who has too many. */
const TOO_MANY_CONNECTIONS = 'too_many_connections';
/** A service has ended all sessions of the shopper, who may have signed in again since. */
const SESSIONS_ENDED = 'sessions_ended';
/** The first wait, in retries, after the server has ended us for any other reason that it names. */
const PATIENT_ATTEMPT = 5;
/** socket.io's message after `CONNECT_TIMEOUT_MS`. */
const TIMEOUT = 'timeout';

/**
 * A polling client must stay on its instance. Balancers can hash `affinity` for this: it is the
 * same in all requests of one connection, the first included, which has no session id yet.
 *
 * Do not use socket.io's `tryAllTransports`: it polls after the first failure, even if the server
 * is only starting, and never after a timeout. Do not let socket.io upgrade the connection either:
 * the WebSocket has just failed. If a proxy holds back the answer to the WebSocket handshake, the
 * server would answer each poll at once without an event, until it gives up the upgrade.
 */
const transportOptions = (transport: TransportName) => ({
  transports: [transport],
  upgrade: false,
  ...(transport === 'polling' && { query: { affinity: Math.random().toString(36).slice(2) } }),
});

/**
 * Keeps one Socket.IO connection to any of the delivery instances.
 *
 * Owns the socket in use, at most one. Each attempt creates a new socket, because socket.io's
 * manager only reconnects to its one URL, and not at all after a refusal or a disconnect by the
 * server.
 *
 * States: connecting → online ⇄ offline. When every instance refuses fresh tokens, the state
 * becomes refused and stays so until `retry`. It also becomes refused when the shopper has more
 * tabs open than the server allows, and this one is the oldest. If such a tab connected again by
 * itself, it would end another tab, which would do the same, without end. So it waits until the
 * shopper returns to it.
 */
export class Connection {
  readonly #servers: Servers;
  readonly #transports = new Transports();
  readonly #tokens: Tokens;
  readonly #handlers: ConnectionHandlers;
  #socket: Socket | undefined;
  #extension: TokenExtension | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: ConnectionState = 'connecting';
  #reason = '';
  #attempt = 0;
  #refusals = 0;
  #isStopped = true;
  #isCrowdedOut = false;

  constructor(urls: readonly string[], tokens: Tokens, handlers: ConnectionHandlers) {
    this.#servers = new Servers(urls);
    this.#tokens = tokens;
    this.#handlers = handlers;
  }

  start(): void {
    this.#isStopped = false;
    window.addEventListener('online', this.retry);
    document.addEventListener('visibilitychange', this.#onVisible);
    void this.#open();
  }

  stop(): void {
    this.#isStopped = true;
    window.removeEventListener('online', this.retry);
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#drop();
    this.#state = 'connecting';
  }

  /** Connect now instead of after the back-off, because the network is back or the shopper asks. */
  readonly retry = (): void => {
    if (this.#isStopped || this.#state === 'online') return;
    this.#attempt = 0;
    this.#refusals = 0;
    this.#isCrowdedOut = false;
    this.#setState('connecting');
    void this.#open();
  };

  readonly #onVisible = (): void => {
    if (this.#isCrowdedOut && document.visibilityState === 'visible') this.retry();
  };

  /** Get a fresh token and use it, also on the open connection. */
  renewToken(): void {
    if (this.#extension) this.#extension.renew();
    // If this fails, nothing is lost, because the next attempt gets a token again.
    else void this.#tokens.renew().then(this.retry, () => undefined);
  }

  async #open(): Promise<void> {
    this.#drop();
    let token: string;
    try {
      token = await this.#tokens.current();
    } catch {
      this.#tryLater();
      return;
    }
    // `stop`, or another `#open`, may have run during the await. The server would push to a second
    // socket, and nothing would close it.
    if (this.#isStopped || this.#socket) return;
    this.#socket = this.#connect(token);
  }

  #connect(token: string): Socket {
    const socket = io(this.#servers.current, {
      auth: { token },
      ...transportOptions(this.#transports.current),
      forceNew: true,
      reconnection: false,
      timeout: CONNECT_TIMEOUT_MS,
    });
    socket.on('connect', () => {
      this.#attempt = 0;
      this.#refusals = 0;
      this.#transports.worked();
      this.#extension = new TokenExtension(socket, this.#tokens, (reason) => {
        this.#endRefused(reason);
      });
      this.#setState('online');
    });
    socket.on('connect_error', (error) => {
      // socket.io deactivates a socket that the server refused. An active one never reached the server.
      if (socket.active) this.#afterFailure(error.message);
      else void this.#afterRefusal(socket, error.message);
    });
    socket.on('ended', (payload: unknown) => {
      const { reason, message } = readFarewell(payload);
      if (reason === TOO_MANY_CONNECTIONS) {
        this.#isCrowdedOut = true;
        this.#endRefused(message);
      } else if (reason === SESSIONS_ENDED) {
        // The disconnect follows. The old token would be refused.
        void this.#tokens.renew().catch(() => undefined);
      } else {
        this.#attempt = PATIENT_ATTEMPT;
        this.#moveOn();
      }
    });
    socket.on('disconnect', (reason) => {
      if (this.#state === 'online') this.#moveOn();
      // Some proxies let the handshake of a WebSocket pass, then cut the connection.
      else this.#afterFailure(reason);
    });
    socket.on('notifications', (payload: unknown, ack?: () => void) => {
      // Acknowledge last. If the handler throws, the server must push these notifications again.
      this.#handlers.onNotifications(readNotifications(payload));
      ack?.();
    });
    socket.on('inbox', (payload: unknown) => {
      const event = readInboxEvent(payload);
      if (event) this.#handlers.onInbox(event);
    });
    return socket;
  }

  #afterFailure(reason: string): void {
    if (this.#transports.failed(reason === TIMEOUT)) void this.#open();
    else this.#moveOn();
  }

  /**
   * Try a fresh token at the next instance. The token may be too old, or the instance faulty.
   */
  async #afterRefusal(socket: Socket, reason: string): Promise<void> {
    this.#transports.worked();
    this.#refusals += 1;
    if (this.#refusals > this.#servers.count) {
      this.#endRefused(reason);
      return;
    }
    await this.#tokens.renew().catch(() => undefined);
    // A `retry` during the await has opened another socket. Leave that one alone.
    if (this.#socket === socket) this.#moveOn();
  }

  #endRefused(reason: string): void {
    this.#drop();
    this.#setState('refused', reason);
  }

  #moveOn(): void {
    this.#servers.moveOn();
    this.#tryLater();
  }

  #tryLater(): void {
    if (this.#isStopped) return;
    this.#drop();
    this.#setState('offline');
    this.#timer = setTimeout(() => void this.#open(), backoff(this.#attempt));
    this.#attempt += 1;
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#extension?.stop();
    this.#extension = undefined;
    this.#socket?.off();
    this.#socket?.disconnect();
    this.#socket = undefined;
  }

  #setState(state: ConnectionState, reason = ''): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#handlers.onState(state, reason);
  }
}
