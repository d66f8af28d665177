import type { FoundList, Life, RepeatAnswer, Session } from './model/wire';

const LIMIT_MS = 10_000;
/** Longer than the 60 s after which the service itself gives up. */
const REPEAT_LIMIT_MS = 65_000;

/** An unsuccessful answer of the service. The message is the service's explanation, if any. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** What the text of a search names. */
export type By = 'order' | 'collapse_key' | 'user' | 'id';

/** The console's HTTP API. A call that fails rejects: with a `Refusal` if there was an answer. */
export class ConsoleApi {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  readonly session = () => this.#call<Session>('/session');

  readonly search = (by: By, q: string) =>
    this.#call<FoundList>(`/notifications?${new URLSearchParams({ by, q })}`);

  readonly life = (id: string) => this.#call<Life>(`/notifications/${encodeURIComponent(id)}`);

  readonly repeat = (user_id: string, since: string, until: string, apply: boolean) =>
    this.#call<RepeatAnswer>('/repeat', { user_id, since, until, apply });

  readonly repeatDeadLetter = (place: string, apply: boolean) =>
    this.#call<RepeatAnswer>('/dead-letters/repeat', { place, apply });

  /** Send a POST if there is a body, else a GET. */
  async #call<Answer>(path: string, body?: object): Promise<Answer> {
    const response = await fetch(`/api${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(body ? REPEAT_LIMIT_MS : LIMIT_MS),
    });
    if (!response.ok) throw new Refusal(response.status, await detailOf(response));
    return (await response.json()) as Answer;
  }
}

async function detailOf(response: Response): Promise<string> {
  try {
    const { detail, title } = (await response.json()) as Record<string, unknown>;
    return [detail, title].find((text) => typeof text === 'string') ?? '';
  } catch {
    // The body is not JSON: for example, it is a proxy's page.
    return '';
  }
}
