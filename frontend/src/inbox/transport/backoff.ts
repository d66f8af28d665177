const JITTER = 0.5;

/**
 * Return the milliseconds to wait before the nth retry (from 0). The wait doubles up to a cap. It
 * is spread by ±50 %, like socket.io's `randomizationFactor`, so that thousands of clients do not
 * reconnect at the same moment.
 */
export function backoff(attempt: number, base = 500, max = 15_000): number {
  const delay = Math.min(max, base * 2 ** attempt);
  return delay * (1 - JITTER + 2 * JITTER * Math.random());
}
