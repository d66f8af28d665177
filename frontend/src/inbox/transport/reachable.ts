import { tellDevelopers } from './tell-developers';

const TIMEOUT_MS = 5_000;

/**
 * Return whether a server answers at this address, although a request of this page to it failed.
 * Then the connection is not at fault: the browser keeps the answer from the page, in most cases
 * because the server does not allow the page's origin. Tells developers so in the console, once.
 *
 * A browser does not say why a request failed. But it lets any page send a `no-cors` request, and
 * says whether anything answered.
 */
export async function isReachable(address: string): Promise<boolean> {
  const { origin } = new URL(address);
  if (origin === location.origin || !navigator.onLine) return false;
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
    `${origin} answers, but not to this page. Add ${location.origin} to its CORS_ALLOWED_ORIGINS. (If it is there already, the service is starting, or a proxy answers in its place.)`,
  );
  return true;
}
