import { isObject } from './wire';

export type ApiErrorKind =
  | 'unreachable'
  /** Something answers, but the browser keeps the answer from the page. */
  | 'blocked'
  | 'no-token'
  | 'unauthorized'
  | 'rejected'
  | 'failing';

const TOO_MANY_REQUESTS = 429;

const kindOf = (status: number): ApiErrorKind => {
  if (status === 401) return 'unauthorized';
  return status >= 500 || status === TOO_MANY_REQUESTS ? 'failing' : 'rejected';
};

/** Why a call of the producer API failed. `message` is the server's explanation, or empty. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;

  /**
   * Whether a retry is pointless, because the server would give the same answer. A refused token is
   * not final: the next one may be accepted, or the server may learn the key that signed it.
   */
  get isFinal(): boolean {
    return this.kind === 'rejected';
  }

  constructor(kind: ApiErrorKind, detail = '', options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ApiError';
    this.kind = kind;
  }

  /** Read an `application/problem+json` answer. Of any other answer, only the status is used. */
  static async from(response: Response): Promise<ApiError> {
    const problem: unknown = await response.json().catch(() => undefined);
    const texts = isObject(problem) ? [problem.detail, problem.title] : [];
    const detail = texts.find((text) => typeof text === 'string');
    return new ApiError(kindOf(response.status), detail);
  }
}
