import type { Filter, Notification, Page } from '../domain/notification';
import type { Action } from '../domain/action';
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

/** The shopper's part of the producer API. Every call rejects with an `ApiError`, or on abort. */
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

  /** Does it, which is safe to repeat; answers the notification after it, where it is about one. */
  async perform(action: Action, signal: AbortSignal): Promise<Notification | undefined> {
    if ('upTo' in action) {
      const body = JSON.stringify({ up_to: action.upTo });
      await this.#call(SWEEPS[action.kind], { method: 'POST', body, signal });
      return undefined;
    }
    const body = JSON.stringify(CHANGES[action.kind]);
    const path = `/${encodeURIComponent(action.id)}`;
    // The click that marks it may leave this page: the call must outlive it.
    const init: RequestInit = { method: 'PATCH', body, signal, keepalive: true };
    const answer = readNotification(await this.#call(path, init));
    if (!answer) throw new ApiError('failing', 'The answer is not a notification.');
    return answer;
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
