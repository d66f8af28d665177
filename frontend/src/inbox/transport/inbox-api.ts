import type { Action } from '../domain/action';
import { categoryIn, type Filter, type Notification, type Page } from '../domain/notification';
import type { Preferences } from '../domain/preferences';
import { ApiError, type ApiErrorKind } from './api-error';
import { listen } from './listen';
import { isReachable } from './reachable';
import type { Tokens } from './tokens';
import { apiAddress } from './urls';
import { isObject, readNotification, readPage, readPreferences } from './wire';

const FIRST_PAGE = 30;
const FURTHER_PAGE = 100;
const TIMEOUT_MS = 15_000;

const CHANGES = {
  read: { read: true },
  unread: { read: false },
  archive: { archived: true },
  unarchive: { archived: false },
} as const;

const NOTIFICATIONS = '/users/me/notifications';
const SUBSCRIPTIONS = '/users/me/push-subscriptions';
const PREFERENCES = '/users/me/preferences';

const SWEEPS = { 'read-all': '/read', 'seen-all': '/seen' } as const;

/** The producer API's calls for shoppers. A failed call rejects with an `ApiError`. */
export class InboxApi {
  readonly #url: string;
  readonly #tokens: Tokens;
  readonly #onOutcome: (failure: ApiErrorKind | undefined) => void;
  #hasAnswered = false;

  /**
   * Calls `onOutcome` after each call for notifications, except for further pages: with the kind of
   * the failure if the same call may succeed later, and with undefined after a success or a
   * rejection. The other calls are not retried automatically, so a failure of one of them would
   * stay reported for hours.
   */
  constructor(
    apiUrl: string,
    tokens: Tokens,
    onOutcome: (failure: ApiErrorKind | undefined) => void = () => undefined,
  ) {
    this.#url = `${apiAddress(apiUrl)}/v1`;
    this.#tokens = tokens;
    this.#onOutcome = onOutcome;
  }

  /** Return a page of a list. A first page also has the counts of the `counted` categories. */
  async list(
    filter: Filter,
    cursor: string | undefined,
    signal: AbortSignal,
    counted: readonly string[] = [],
  ): Promise<Page> {
    const limit = cursor === undefined ? FIRST_PAGE : FURTHER_PAGE;
    const category = categoryIn(filter);
    const status = category === undefined ? filter : 'all';
    const query = new URLSearchParams({ status, limit: String(limit) });
    if (category !== undefined) query.set('category', category);
    if (cursor !== undefined) query.set('cursor', cursor);
    else if (counted.length > 0) query.set('counts', counted.join());
    return readPage(await this.#call(`${NOTIFICATIONS}?${query}`, { signal }));
  }

  /**
   * Send an action. Sending it twice does no harm. Returns the notification after the action, or
   * undefined for a sweep.
   */
  async perform(action: Action, signal: AbortSignal): Promise<Notification | undefined> {
    if ('upTo' in action) {
      const body = JSON.stringify({ up_to: action.upTo });
      await this.#call(NOTIFICATIONS + SWEEPS[action.kind], { method: 'POST', body, signal });
      return undefined;
    }
    const body = JSON.stringify(CHANGES[action.kind]);
    const path = `${NOTIFICATIONS}/${encodeURIComponent(action.id)}`;
    // The click that marks a notification may also open another page. `keepalive` lets the call
    // finish.
    const init = { method: 'PATCH', body, signal, keepalive: true };
    const answer = readNotification(await this.#call(path, init));
    if (!answer) throw new ApiError('failing', `PATCH ${path} did not answer with a notification.`);
    return answer;
  }

  /**
   * Return the key that a browser needs to subscribe to Web Push, or undefined if the shop does not
   * offer Web Push.
   */
  async pushKey(signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#call('/push-key', { signal });
    return isObject(answer) && typeof answer.public_key === 'string'
      ? answer.public_key
      : undefined;
  }

  /** Store (`POST`) or remove (`DELETE`) this browser's subscription to Web Push. */
  async push(method: 'POST' | 'DELETE', subscription: object, signal: AbortSignal): Promise<void> {
    await this.#call(SUBSCRIPTIONS, { method, body: JSON.stringify(subscription), signal });
  }

  /** Return the shopper's preferences. If `wanted` is given, first replace them with it. */
  async preferences(signal: AbortSignal, wanted?: Preferences): Promise<Preferences> {
    const init = wanted && { method: 'PUT', body: JSON.stringify(wanted) };
    return readPreferences(await this.#call(PREFERENCES, { ...init, signal }));
  }

  async #call(path: string, init: RequestInit & { signal: AbortSignal }): Promise<unknown> {
    // Some of the browsers that we support do not have `AbortSignal.any` yet.
    const limit = new AbortController();
    const abort = () => {
      limit.abort();
    };
    const timer = setTimeout(abort, TIMEOUT_MS);
    const endWatch = listen(init.signal, { abort });
    if (init.signal.aborted) abort();
    const isReported = path.startsWith(NOTIFICATIONS) && !path.includes('cursor=');
    try {
      const answer = await this.#answer(path, { ...init, signal: limit.signal });
      if (isReported) this.#onOutcome(undefined);
      return answer;
    } catch (error) {
      if (isReported && error instanceof ApiError && !init.signal.aborted)
        this.#onOutcome(error.isFinal ? undefined : error.kind);
      throw error;
    } finally {
      clearTimeout(timer);
      endWatch();
    }
  }

  async #answer(path: string, init: RequestInit): Promise<unknown> {
    let token = await this.#currentToken();
    let response = await this.#fetch(path, init, token);
    if (response.status === 401) {
      this.#tokens.refused(token);
      const other = await this.#currentToken();
      if (other !== token) response = await this.#fetch(path, init, (token = other));
    }
    if (response.status === 401) this.#tokens.refused(token);
    if (!response.ok) throw await ApiError.from(response);
    this.#tokens.accepted(token);
    if (response.status === 204) return undefined;
    return response.json().catch((error: unknown) => {
      throw new ApiError('failing', 'The answer of the producer API is not JSON.', {
        cause: error,
      });
    });
  }

  #currentToken(): Promise<string> {
    return this.#tokens.current().catch((error: unknown) => {
      throw new ApiError('no-token', '', { cause: error });
    });
  }

  async #fetch(path: string, init: RequestInit, token: string): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (init.body) headers['content-type'] = 'application/json';
    try {
      const response = await fetch(this.#url + path, { ...init, headers });
      this.#hasAnswered = true;
      return response;
    } catch (error) {
      // If the API has answered this page before, CORS cannot be the reason.
      const isBlocked =
        !this.#hasAnswered && !init.signal?.aborted && (await isReachable(this.#url));
      throw new ApiError(isBlocked ? 'blocked' : 'unreachable', '', { cause: error });
    }
  }
}
