export interface Shopper {
  readonly user_id: string;
  readonly name: string;
}

export interface OrderState {
  readonly id: string;
  readonly title: string;
}

export interface Order {
  readonly id: string;
  readonly state: string;
  /** All states that an order goes through, in order. */
  readonly states: readonly OrderState[];
  readonly created_at: string;
}

/** The demo shop's HTTP API. A failed call always rejects. */
export class ShopApi {
  readonly #url: string;

  constructor(shopUrl: string) {
    this.#url = `${shopUrl.replace(/\/+$/, '')}/api`;
  }

  readonly shoppers = () => this.#call<Shopper[]>('/shoppers');

  readonly signIn = (userId: string) =>
    this.#call<Shopper & { token: string }>('/sign-in', { user_id: userId });

  readonly orders = (userId: string) =>
    this.#call<Order[]>(`/orders?${new URLSearchParams({ user_id: userId })}`);

  readonly newOrder = (userId: string) => this.#call<Order>('/orders', { user_id: userId });

  readonly advance = (orderId: string) =>
    this.#call<Order>(`/orders/${encodeURIComponent(orderId)}/advance`, {});

  /**
   * Send a POST if there is a body, else a GET. The answer is not validated, because the shop is
   * part of the demo.
   */
  async #call<Answer>(path: string, body?: unknown): Promise<Answer> {
    const init: RequestInit =
      body === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          };
    const response = await fetch(this.#url + path, init);
    if (!response.ok) throw new Error(`the shop answered ${response.status} to ${path}`);
    return (await response.json()) as Answer;
  }
}
