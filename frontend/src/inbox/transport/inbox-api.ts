import type { Notification, Page } from '../notification';
import { ApiError } from './api-error';
import type { Tokens } from './tokens';
import { readNotification, readPage } from './wire';

const PAGE_SIZE = 30;
const TIMEOUT_MS = 15_000;

/** The shopper's part of the producer API. Every call rejects with an `ApiError`, or on abort. */
export class InboxApi {
  readonly #notifications: string;
  readonly #tokens: Tokens;

  constructor(apiUrl: string, tokens: Tokens) {
    this.#notifications = `${apiUrl.replace(/\/+$/, '')}/v1/users/me/notifications`;
    this.#tokens = tokens;
  }

  async list(cursor: string | undefined, signal: AbortSignal): Promise<Page> {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    if (cursor !== undefined) query.set('cursor', cursor);
    return readPage(await this.#call(`?${query}`, { signal }));
  }

  async markRead(id: string, signal: AbortSignal): Promise<Notification> {
    const body = JSON.stringify({ read: true });
    const path = `/${encodeURIComponent(id)}`;
    // The click that marks it may leave this page: the call must outlive it.
    const init: RequestInit = { method: 'PATCH', body, signal, keepalive: true };
    const answer = readNotification(await this.#call(path, init));
    if (!answer) throw new ApiError('failing', 'The answer is not a notification.');
    return answer;
  }

  async markAllRead(signal: AbortSignal): Promise<void> {
    await this.#call('/read', { method: 'POST', signal });
  }

  async #call(path: string, init: RequestInit): Promise<unknown> {
    let response = await this.#fetch(path, init, await this.#token(() => this.#tokens.current()));
    if (response.status === 401) {
      response = await this.#fetch(path, init, await this.#token(() => this.#tokens.renew()));
    }
    if (!response.ok) throw await ApiError.from(response);
    return response.json().catch((error: unknown) => {
      throw new ApiError('failing', 'The answer is not JSON.', { cause: error });
    });
  }

  async #token(get: () => Promise<string>): Promise<string> {
    return get().catch((error: unknown) => {
      throw new ApiError('unauthorized', '', { cause: error });
    });
  }

  async #fetch(path: string, init: RequestInit, token: string): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (init.body) headers['content-type'] = 'application/json';
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    return fetch(this.#notifications + path, { ...init, headers, signal }).catch(
      (error: unknown) => {
        throw new ApiError('unreachable', '', { cause: error });
      },
    );
  }
}
