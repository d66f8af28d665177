/** The addresses of the delivery instances. Starts at a random one, to spread clients over them. */
export class Servers {
  readonly #urls: readonly string[];
  #index: number;

  constructor(urls: readonly string[], random: () => number = Math.random) {
    if (urls.length === 0) throw new Error('`socketUrl` is an empty list; give at least one URL');
    this.#urls = urls;
    this.#index = Math.floor(random() * urls.length);
  }

  get count(): number {
    return this.#urls.length;
  }

  get current(): string {
    return this.#urls[this.#index] ?? '';
  }

  moveOn(): void {
    this.#index = (this.#index + 1) % this.#urls.length;
  }
}
