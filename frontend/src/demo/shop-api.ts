import type { Money } from './money';

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
  /** The events that can happen to the order now. */
  readonly events: readonly string[];
  readonly total: Money;
  readonly created_at: string;
}

/**
 * The demo shop's HTTP API. A failed call always rejects. The shop writes its notifications in the
 * `language` that a call names.
 */
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

  readonly newOrder = (userId: string, language: string) =>
    this.#call<Order>('/orders', { user_id: userId, language });

  readonly advance = (orderId: string, language: string) =>
    this.#call<Order>(`/orders/${encodeURIComponent(orderId)}/advance`, { language });

  readonly happen = (orderId: string, event: string, language: string) =>
    this.#call<Order>(`/orders/${encodeURIComponent(orderId)}/events`, { event, language });

  readonly open = (orderId: string) =>
    this.#call<unknown>(`/orders/${encodeURIComponent(orderId)}/open`, {});

  readonly notify = (userId: string, notice: string, language: string) =>
    this.#call<unknown>('/notices', { user_id: userId, notice, language });

  /** The address of the machine room, with a token in its fragment. */
  readonly machineRoom = () => this.#call<{ url: string }>('/machine-room', {});

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
