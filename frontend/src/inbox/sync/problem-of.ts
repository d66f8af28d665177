import type { Problem } from '../store/inbox-store';
import { ApiError } from '../transport/api-error';

/**
 * Describe an error as a problem for the shopper. Any error except an `ApiError` becomes `failing`.
 */
export const problemOf = (during: Problem['during'], error: unknown): Problem =>
  error instanceof ApiError
    ? { during, kind: error.kind, detail: error.message }
    : { during, kind: 'failing', detail: '' };
