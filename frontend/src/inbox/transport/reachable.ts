import { tellDevelopers } from './tell-developers';

const TIMEOUT_MS = 5_000;
/**
 * How long an answer is used. While nothing answers, the list and the connection fail again and
 * again, and call `isReachable` each time.
 */
const VALID_MS = 10_000;

interface Asked {
  readonly at: number;
  readonly answer: Promise<boolean>;
}

/** The last answer for each address. */
const asked = new Map<string, Asked>();

/**
 * Return whether a server answers at this address, although a request of this page to it failed.
 * Then the network is not at fault: the browser hides the answer from the page, in most cases
 * because the server does not allow the page's origin. Explains this to developers in the console,
 * once.
 *
 * A browser does not say why a request failed. But it lets any page send a `no-cors` request, and
 * says whether anything answered. The result is used for 10 s.
 */
export function isReachable(address: string): Promise<boolean> {
  const { origin } = new URL(address);
  if (origin === location.origin || !navigator.onLine) return Promise.resolve(false);
  const at = performance.now();
  const last = asked.get(address);
  if (last && at - last.at < VALID_MS) return last.answer;
  const answer = ask(address, origin);
  asked.set(address, { at, answer });
  return answer;
}

async function ask(address: string, origin: string): Promise<boolean> {
  try {
    await fetch(address, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    return false;
  }
  tellDevelopers(
    `${origin} answers, but not to this page. Add ${location.origin} to its CORS_ALLOWED_ORIGINS. (If it is there, the service is starting, or a proxy answers in its place.)`,
  );
  return true;
}
