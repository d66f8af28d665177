import { listen } from '../transport/listen';

/**
 * The open tabs of one shopper in this browser. Each tab holds a Web Lock while it is open. The
 * browser releases the lock when the tab is closed or crashes, so the other tabs notice. The tabs
 * send messages over a BroadcastChannel.
 */
export class Tabs {
  readonly name: string;
  readonly self: string;
  readonly #lifetime = new AbortController();
  readonly #channel: BroadcastChannel;
  readonly #watched = new Set<string>();

  private constructor(name: string, self: string, onMessage: (message: unknown) => void) {
    this.name = name;
    this.self = self;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      onMessage(data);
    };
  }

  /** Whether the browser supports sharing here. Web Locks exist only on secure origins. */
  static get areSupported(): boolean {
    return 'locks' in navigator && 'BroadcastChannel' in globalThis;
  }

  /** Join the other tabs, which then see that this tab is open. Rejects if it cannot get a lock. */
  static async join(
    name: string,
    self: string,
    onMessage: (message: unknown) => void,
  ): Promise<Tabs> {
    const tabs = new Tabs(name, self, onMessage);
    await new Promise<void>((resolve, reject) => {
      const holdLock = async () => {
        resolve();
        await tabs.#untilLeft();
      };
      tabs.#request(self, holdLock).catch((error: unknown) => {
        tabs.leave();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    return tabs;
  }

  /** Send a message to the other tabs, with the name of this tab as `tab`. */
  post(message: object): void {
    this.#channel.postMessage({ ...message, tab: this.self });
  }

  /** Call `callback` when the tab is gone. Repeated calls for the same tab add no callback. */
  whenGone(tab: string, callback: () => void): void {
    if (tab === this.self || this.#watched.has(tab)) return;
    this.#watched.add(tab);
    // Call back only after releasing the lock. While we hold it, that tab seems to be open.
    void this.#withLock(tab, () => Promise.resolve(), callback);
  }

  /** Run the task while no other tab runs one. The task gets the names of the open tabs. */
  runAlone(task: (openTabs: ReadonlySet<string>) => void): Promise<void> {
    return this.#withLock('alone', async () => {
      const { held = [] } = await navigator.locks.query();
      const names = held.map(({ name = '' }) => name.slice(this.name.length + 1));
      if (!this.#lifetime.signal.aborted) task(new Set(names));
    });
  }

  leave(): void {
    this.#lifetime.abort();
    this.#channel.close();
  }

  #withLock(name: string, task: () => Promise<void>, afterwards?: () => void): Promise<void> {
    return this.#request(name, task).then(afterwards, (error: unknown) => {
      // If this tab leaves before it has the lock, the request rejects. That is not an error.
      if (!this.#lifetime.signal.aborted) throw error;
    });
  }

  #request(name: string, task: () => Promise<void>): Promise<void> {
    const { signal } = this.#lifetime;
    return navigator.locks.request(`${this.name}/${name}`, { signal }, task);
  }

  #untilLeft(): Promise<void> {
    const { signal } = this.#lifetime;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      listen(signal, { abort: resolve });
    });
  }
}
