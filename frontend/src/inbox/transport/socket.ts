import { Engine } from './engine';
import type { TransportName } from './transports';
import type { SocketAddress } from './urls';
import { isObject } from './wire';

/** The types of Socket.IO's packets. */
const CONNECT = '0';
const DISCONNECT = '1';
const EVENT = '2';
const ACK = '3';
const CONNECT_ERROR = '4';

/** The reason given to `onEnd` if the socket is not connected within `CONNECT_TIMEOUT_MS`. */
export const TIMEOUT = 'timeout';
const CONNECT_TIMEOUT_MS = 10_000;

export interface SocketHandlers {
  readonly onConnect: () => void;
  readonly onEvent: (name: unknown, payload: unknown, ack: () => void) => void;
  /** Called when the server has refused the socket. The socket has then ended. */
  readonly onRefused: (message: unknown, data: unknown) => void;
  /** Called when the socket has ended for another reason, perhaps before it connected. */
  readonly onEnd: (reason: string) => void;
}

/**
 * A socket of Socket.IO (protocol 5). It connects once, to the main namespace, with JSON only: that
 * is all that the inbox needs, and a sixth of the size of socket.io-client.
 */
export class Socket {
  readonly #engine: Engine;
  readonly #handlers: SocketHandlers;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #answers = new Map<string, (answer?: unknown) => void>();
  #lastId = 0;
  #isConnected = false;
  #isOver = false;

  constructor(
    address: SocketAddress,
    transport: TransportName,
    token: string,
    handlers: SocketHandlers,
  ) {
    this.#handlers = handlers;
    this.#timer = setTimeout(() => {
      this.#end(TIMEOUT);
    }, CONNECT_TIMEOUT_MS);
    this.#engine = new Engine(address, transport, {
      onOpen: () => {
        this.#send(CONNECT, '', { token });
      },
      onMessage: (text) => {
        // Handle the text in a microtask, because an error of a handler must not break the
        // transport.
        queueMicrotask(() => {
          this.#receive(text);
        });
      },
      onEnd: this.#end,
    });
  }

  /** The number of packets that have arrived, of any kind. */
  get packetCount(): number {
    return this.#engine.packetCount;
  }

  /** Send an event and return the server's answer, or undefined if there is none in time. */
  ask(milliseconds: number, event: string, ...payload: unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      const id = String((this.#lastId += 1));
      const settle = (answer?: unknown) => {
        clearTimeout(timer);
        this.#answers.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(settle, milliseconds);
      this.#answers.set(id, settle);
      this.#send(EVENT, id, [event, ...payload]);
    });
  }

  /** End the socket. From then on, no handler is called. */
  disconnect(): void {
    if (this.#isConnected && !this.#isOver) this.#send(DISCONNECT);
    this.#close();
  }

  #send(type: string, id = '', data?: unknown): void {
    this.#engine.write(type + id + (data === undefined ? '' : JSON.stringify(data)));
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    const [, type = '', id = '', json] = /^([0-4])(\d*)(.*)/s.exec(text) ?? [];
    let data: unknown;
    try {
      data = json ? JSON.parse(json) : undefined;
    } catch {
      this.#end('parse error');
      return;
    }
    if (Array.isArray(data)) this.#takeEvent(type, id, data);
    else this.#takeControl(type, isObject(data) ? data : {});
  }

  #takeEvent(type: string, id: string, [first, second]: readonly unknown[]): void {
    if (type === ACK) this.#answers.get(id)?.(first);
    else if (type === EVENT)
      this.#handlers.onEvent(first, second, () => {
        if (id) this.#send(ACK, id, []);
      });
  }

  #takeControl(type: string, { sid, message, data }: Readonly<Record<string, unknown>>): void {
    if (type === CONNECT && sid) {
      clearTimeout(this.#timer);
      this.#isConnected = true;
      this.#handlers.onConnect();
    } else if (type === CONNECT_ERROR) {
      this.#close();
      this.#handlers.onRefused(message, data);
    } else this.#end(type === DISCONNECT ? 'io server disconnect' : 'parse error');
  }

  readonly #end = (reason: string): void => {
    if (this.#isOver) return;
    this.#close();
    this.#handlers.onEnd(reason);
  };

  #close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const settle of this.#answers.values()) settle();
    this.#engine.close();
  }
}
