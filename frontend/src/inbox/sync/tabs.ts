/**
 * The tabs of one shopper in this browser: each holds a Web Lock for as long as it lives, so that
 * the others know when it is gone, crashed or closed; they talk over a BroadcastChannel.
 */
export class Tabs {
  readonly name: string;
  readonly self: string;
  readonly #life = new AbortController();
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

  /** Whether this browser has what it takes, here: Web Locks are for secure origins only. */
  static get areKnown(): boolean {
    return 'locks' in navigator && 'BroadcastChannel' in globalThis;
  }

  /** Joins them: from here on the others see that this tab lives. Rejects where it cannot. */
  static async join(
    name: string,
    self: string,
    onMessage: (message: unknown) => void,
  ): Promise<Tabs> {
    const tabs = new Tabs(name, self, onMessage);
    await new Promise<void>((resolve, reject) => {
      const life = async () => {
        resolve();
        await tabs.#untilLeft();
      };
      tabs.#request(self, life).catch((error: unknown) => {
        tabs.leave();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    return tabs;
  }

  tell(message: unknown): void {
    this.#channel.postMessage(message);
  }

  /** Calls back when that tab is gone; once, however often it is asked. */
  whenGone(tab: string, callback: () => void): void {
    if (tab === this.self || this.#watched.has(tab)) return;
    this.#watched.add(tab);
    // Only then, for as long as we hold its lock ourselves it seems to live.
    this.#withLock(tab, () => Promise.resolve(), callback);
  }

  /** Does it while no other tab does the like. */
  alone(task: (living: ReadonlySet<string>) => void): void {
    this.#withLock('alone', async () => {
      const { held = [] } = await navigator.locks.query();
      const names = held.map(({ name = '' }) => name.slice(this.name.length + 1));
      if (!this.#life.signal.aborted) task(new Set(names));
    });
  }

  leave(): void {
    this.#life.abort();
    this.#channel.close();
  }

  #withLock(name: string, task: () => Promise<void>, afterwards?: () => void): void {
    this.#request(name, task).then(afterwards, (error: unknown) => {
      // It rejects when we leave before our turn has come.
      if (!this.#life.signal.aborted) throw error;
    });
  }

  #request(name: string, task: () => Promise<void>): Promise<void> {
    const { signal } = this.#life;
    return navigator.locks.request(`${this.name}/${name}`, { signal }, task);
  }

  #untilLeft(): Promise<void> {
    const { signal } = this.#life;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
}
