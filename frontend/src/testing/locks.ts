type Task = () => unknown;

interface Waiting {
  readonly name: string;
  readonly task: Task;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Exclusive Web Locks as specified, which jsdom lacks. A name has one holder at a time, further
 * requests wait in order, and an aborted request rejects. The acceptance tests use Chromium's real
 * locks.
 */
export class Locks {
  readonly #held = new Set<string>();
  #waiting: Waiting[] = [];

  readonly request = (
    name: string,
    optionsOrTask: { readonly signal: AbortSignal } | Task,
    givenTask?: Task,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const [signal, task = () => undefined] =
        typeof optionsOrTask === 'function'
          ? [undefined, optionsOrTask]
          : [optionsOrTask.signal, givenTask];
      const waiting = { name, task, resolve, reject };
      signal?.addEventListener('abort', () => {
        if (!this.#waiting.includes(waiting)) return;
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(new DOMException('aborted', 'AbortError'));
      });
      this.#waiting.push(waiting);
      this.#grant();
    });

  readonly query = (): Promise<{ held: { name: string }[] }> =>
    Promise.resolve({ held: [...this.#held].map((name) => ({ name })) });

  #grant(): void {
    const next = this.#waiting.find(({ name }) => !this.#held.has(name));
    if (!next) return;
    this.#waiting = this.#waiting.filter((other) => other !== next);
    this.#held.add(next.name);
    void Promise.resolve()
      .then(next.task)
      .then(next.resolve, next.reject)
      .finally(() => {
        this.#held.delete(next.name);
        this.#grant();
      });
    this.#grant();
  }
}
