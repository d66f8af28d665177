/**
 * The delivery instances, and which one is current. Starts with a random instance, so that clients
 * spread over all of them.
 */
export class Servers<Server> {
  readonly #servers: readonly [Server, ...Server[]];
  #index: number;

  constructor(servers: readonly Server[], random: () => number = Math.random) {
    const [first, ...others] = servers;
    if (first === undefined)
      throw new TypeError('`socketUrl` is an empty list; give at least one URL');
    this.#servers = [first, ...others];
    this.#index = Math.floor(random() * servers.length);
  }

  get count(): number {
    return this.#servers.length;
  }

  get current(): Server {
    return this.#servers[this.#index] ?? this.#servers[0];
  }

  moveOn(): void {
    this.#index = (this.#index + 1) % this.#servers.length;
  }
}
