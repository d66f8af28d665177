import { isObject } from './wire';

export type ApiErrorKind =
  | 'unreachable'
  /** Something answers, but the browser keeps the answer from the page. */
  | 'blocked'
  | 'no-token'
  | 'unauthorized'
  | 'rejected'
  | 'failing';

/** The statuses below 500 of temporary failures: too slow, too early, too many requests. */
const PASSING: readonly number[] = [408, 425, 429];
/** The longest wait. A server may ask for more, or the browser's clock may be wrong. */
const MAX_RETRY_AFTER_MS = 60_000;

const kindOf = (status: number): ApiErrorKind => {
  if (status === 401) return 'unauthorized';
  return status >= 500 || PASSING.includes(status) ? 'failing' : 'rejected';
};

/**
 * Return the wait in a `Retry-After` header in milliseconds, or 0 without one. The header gives the
 * wait in seconds, or its end as a date.
 */
function retryAfterOf(header: string | null): number {
  if (header === null || header.trim() === '') return 0;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return wait > 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : 0;
}

/**
 * Why a call of the producer API failed. `message` is the server's explanation, or empty.
 *
 * @internal
 */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;

  /** The milliseconds that the server asks to wait before the next call, at most a minute; or 0. */
  readonly retryAfter: number;

  /**
   * Whether a retry is pointless, because the server would give the same answer. A refused token is
   * not final: the next one may be accepted, or the server may learn the key that signed it.
   */
  get isFinal(): boolean {
    return this.kind === 'rejected';
  }

  constructor(kind: ApiErrorKind, detail = '', options?: ErrorOptions & { retryAfter?: number }) {
    super(detail, options);
    this.name = 'ApiError';
    this.kind = kind;
    this.retryAfter = options?.retryAfter ?? 0;
  }

  /** Read an `application/problem+json` answer. Without such a body, `detail` is empty. */
  static async from(response: Response): Promise<ApiError> {
    const problem: unknown = await response.json().catch(() => undefined);
    const texts = isObject(problem) ? [problem.detail, problem.title] : [];
    const detail = texts.find((text) => typeof text === 'string');
    const retryAfter = retryAfterOf(response.headers.get('retry-after'));
    return new ApiError(kindOf(response.status), detail, { retryAfter });
  }
}
