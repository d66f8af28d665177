const BASE_MS = 500;
const MAX_MS = 15_000;
const JITTER = 0.5;

/**
 * How long to wait before the nth try (from 0): doubling to a cap, spread by ±50 % as socket.io's
 * own `randomizationFactor` does, so that thousands of clients do not return at the same moment.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const delay = Math.min(MAX_MS, BASE_MS * 2 ** attempt);
  return delay * (1 - JITTER + 2 * JITTER * random());
}
