import { isObject } from './wire';

export type ApiErrorKind = 'unreachable' | 'no-token' | 'unauthorized' | 'rejected' | 'failing';

const TOO_MANY_REQUESTS = 429;

const kindOf = (status: number): ApiErrorKind => {
  if (status === 401) return 'unauthorized';
  return status >= 500 || status === TOO_MANY_REQUESTS ? 'failing' : 'rejected';
};

/** Why a call of the producer API did not succeed; `message` is the server's word, if it had one. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;

  /** Whether the server has decided: it would say the same again. */
  get isFinal(): boolean {
    return this.kind === 'rejected' || this.kind === 'unauthorized';
  }

  constructor(kind: ApiErrorKind, detail = '', options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ApiError';
    this.kind = kind;
  }

  /** Reads an `application/problem+json` answer; anything else leaves the status to speak. */
  static async from(response: Response): Promise<ApiError> {
    const problem: unknown = await response.json().catch(() => undefined);
    const words = isObject(problem) ? [problem.detail, problem.title] : [];
    const detail = words.find((each) => typeof each === 'string');
    return new ApiError(kindOf(response.status), detail);
  }
}
