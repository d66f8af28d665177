import { type Transport, TRANSPORTS } from './engine-transports';
import type { TransportName } from './transports';
import type { SocketAddress } from './urls';

/** The types of Engine.IO's packets. */
const OPEN = '0';
const PING = '2';
const PONG = '3';
const MESSAGE = '4';
const NOOP = '6';

/** The server's first packet. */
interface Handshake {
  sid: string;
  pingInterval: number;
  pingTimeout: number;
  maxPayload?: number;
}

export interface EngineHandlers {
  readonly onOpen: () => void;
  readonly onMessage: (text: string) => void;
  /** Called once, at the end. */
  readonly onEnd: (reason: string) => void;
}

/**
 * A connection of Engine.IO (protocol 4), which carries the packets of Socket.IO as texts. It has
 * one transport, which it never changes, and no binary data.
 */
export class Engine {
  /** The number of packets that have arrived. */
  packetCount = 0;
  readonly #handlers: EngineHandlers;
  readonly #query: URLSearchParams;
  readonly #transport: Transport | undefined;
  readonly #isPolling: boolean;
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  #waiting: string[] = [];
  #isWriting = false;
  /** How long the server may be silent, and until when. */
  #patience = 0;
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #maxPayload = Infinity;

  constructor({ url, path }: SocketAddress, name: TransportName, handlers: EngineHandlers) {
    const { origin, hostname, searchParams: query } = new URL(url);
    // A polling client must stay on its instance. Balancers can hash `affinity` for this. It is the
    // same in all requests of one connection, even in the first, which has no session id yet.
    if (name === 'polling') query.set('affinity', Math.random().toString(36).slice(2));
    query.set('EIO', '4');
    query.set('transport', name);
    this.#handlers = handlers;
    this.#query = query;
    this.#isPolling = name === 'polling';
    // A server on this machine can be reached without a network.
    if (hostname !== 'localhost') addEventListener('offline', this.#onOffline);
    try {
      this.#transport = TRANSPORTS[name](`${origin}${path.replace(/\/$/, '')}/`, query, {
        onText: this.#receive,
        onWritten: () => {
          this.#isWriting = false;
          this.#flush();
        },
        onFailure: this.#end,
      });
    } catch {
      // For example, browsers refuse `ws:` to a page that was loaded over https.
      queueMicrotask(() => {
        this.#end('websocket error');
      });
    }
  }

  /** Send a message. If the server has been silent for too long, end the connection instead. */
  write(text: string): void {
    if (this.#state !== 'open') return;
    // If the device was asleep, the timer may be late. So compare the time too.
    if (Date.now() > this.#deadline) queueMicrotask(this.#onSilence);
    else this.#send(MESSAGE + text);
  }

  /** Close the connection when everything is written. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    if (!this.#isWriting) this.#end('forced close');
  }

  readonly #onOffline = () => {
    this.#end('transport close');
  };

  readonly #onSilence = () => {
    this.#end('ping timeout');
  };

  readonly #receive = (text: unknown): void => {
    if (this.#state === 'closed') return;
    this.packetCount += 1;
    const [type, data] = typeof text === 'string' ? [text[0], text.slice(1)] : ['', ''];
    if (type === MESSAGE) this.#handlers.onMessage(data);
    else if (type === PING) {
      this.#send(PONG);
      this.#expectPing();
    } else if (type === OPEN) this.#open(JSON.parse(data) as Handshake);
    else if (type !== NOOP) this.#end('transport close');
  };

  #open({ sid, pingInterval, pingTimeout, maxPayload = Infinity }: Handshake): void {
    if (this.#state !== 'opening') return;
    this.#query.set('sid', sid);
    this.#patience = pingInterval + pingTimeout;
    this.#maxPayload = maxPayload;
    this.#state = 'open';
    this.#expectPing();
    this.#handlers.onOpen();
  }

  #expectPing(): void {
    clearTimeout(this.#timer);
    this.#deadline = Date.now() + this.#patience;
    this.#timer = setTimeout(this.#onSilence, this.#patience);
  }

  #send(packet: string): void {
    this.#waiting.push(packet);
    this.#flush();
  }

  #flush(): void {
    if (this.#isWriting || this.#state === 'closed') return;
    if (this.#waiting.length > 0) {
      this.#isWriting = true;
      this.#transport?.write(this.#waiting.splice(0, this.#countForOneRequest()));
    } else if (this.#state === 'closing') this.#end('forced close');
  }

  /** Return how many of the waiting packets fit into one request to the server. */
  #countForOneRequest(): number {
    if (!this.#isPolling) return Infinity;
    let size = 0;
    const end = this.#waiting.findIndex((packet, index) => {
      // Include the separator.
      size += new Blob([packet]).size + 1;
      return index > 0 && size > this.#maxPayload;
    });
    return end < 0 ? Infinity : end;
  }

  readonly #end = (reason: string): void => {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    removeEventListener('offline', this.#onOffline);
    this.#transport?.close();
    this.#handlers.onEnd(reason);
  };
}
