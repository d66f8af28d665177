/** The delivery instances' addresses: begins at a random one, so that clients spread over them. */
export class Servers {
  readonly #urls: readonly string[];
  #index: number;

  constructor(urls: readonly string[], random: () => number = Math.random) {
    if (urls.length === 0) throw new Error('at least one socket URL is needed');
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
