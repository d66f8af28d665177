import type { Action } from '../domain/action';
import type { Filter, Notification, Page } from '../domain/notification';
import { ApiError } from './api-error';
import type { Tokens } from './tokens';
import { readNotification, readPage } from './wire';

const FIRST_PAGE = 30;
const FURTHER_PAGE = 100;
const TIMEOUT_MS = 15_000;

const CHANGES = {
  read: { read: true },
  unread: { read: false },
  archive: { archived: true },
  unarchive: { archived: false },
} as const;

const SWEEPS = { 'read-all': '/read', 'seen-all': '/seen' } as const;

/** The producer API's calls for shoppers. A failed call rejects with an `ApiError`. */
export class InboxApi {
  readonly #notifications: string;
  readonly #tokens: Tokens;

  constructor(apiUrl: string, tokens: Tokens) {
    this.#notifications = `${apiUrl.replace(/\/+$/, '')}/v1/users/me/notifications`;
    this.#tokens = tokens;
  }

  async list(filter: Filter, cursor: string | undefined, signal: AbortSignal): Promise<Page> {
    const limit = cursor === undefined ? FIRST_PAGE : FURTHER_PAGE;
    const query = new URLSearchParams({ status: filter, limit: String(limit) });
    if (cursor !== undefined) query.set('cursor', cursor);
    return readPage(await this.#call(`?${query}`, { signal }));
  }

  /**
   * Send an action. Sending it twice does no harm. Returns the notification after the action, or
   * undefined for a sweep.
   */
  async perform(action: Action, signal: AbortSignal): Promise<Notification | undefined> {
    if ('upTo' in action) {
      const body = JSON.stringify({ up_to: action.upTo });
      await this.#call(SWEEPS[action.kind], { method: 'POST', body, signal });
      return undefined;
    }
    const body = JSON.stringify(CHANGES[action.kind]);
    const path = `/${encodeURIComponent(action.id)}`;
    // The click that marks a notification may also leave the page. `keepalive` lets the call
    // finish.
    const init: RequestInit = { method: 'PATCH', body, signal, keepalive: true };
    const answer = readNotification(await this.#call(path, init));
    if (!answer) throw new ApiError('failing', `PATCH ${path} did not answer with a notification.`);
    return answer;
  }

  async #call(path: string, init: RequestInit): Promise<unknown> {
    let response = await this.#fetch(path, init, await this.#token(() => this.#tokens.current()));
    if (response.status === 401) {
      response = await this.#fetch(path, init, await this.#token(() => this.#tokens.renew()));
    }
    if (!response.ok) throw await ApiError.from(response);
    return response.json().catch((error: unknown) => {
      throw new ApiError('failing', 'The answer of the producer API is not JSON.', {
        cause: error,
      });
    });
  }

  async #token(get: () => Promise<string>): Promise<string> {
    return get().catch((error: unknown) => {
      throw new ApiError('no-token', '', { cause: error });
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
