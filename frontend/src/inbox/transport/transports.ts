export type TransportName = 'websocket' | 'polling';

/** After this many failed WebSockets in a row, the client also tries long polling. */
const PATIENCE = 2;

/**
 * The transport of the next attempt: a WebSocket, or long polling where WebSockets are blocked.
 *
 * A client that polls costs the servers far more, and they limit the number of such clients. So
 * each new connection is first tried as a WebSocket. A client that polls by mistake, or whose
 * network has changed, then polls only until its connection ends.
 */
export class Transports {
  #current: TransportName = 'websocket';
  #failures = 0;

  get current(): TransportName {
    return this.#current;
  }

  /** Note that the attempt has reached a server. */
  worked(): void {
    if (this.#current === 'websocket') this.#failures = 0;
    this.#current = 'websocket';
  }

  /**
   * Note that the attempt has reached no server. Returns whether to try long polling at the same
   * server now.
   *
   * One failure may mean that the server is starting or stopping (it answers 503, which a browser
   * does not show). So first try a WebSocket to the next server. If a WebSocket was never answered,
   * try polling at once, because a proxy that does not support WebSockets behaves like that.
   */
  failed(isTimeout: boolean): boolean {
    if (this.#current === 'polling') {
      this.#current = 'websocket';
      return false;
    }
    this.#failures += isTimeout ? PATIENCE : 1;
    if (this.#failures < PATIENCE) return false;
    this.#current = 'polling';
    return true;
  }
}
