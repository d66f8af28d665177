/** The page's Content-Security-Policy accepts a script's URL only from a Trusted Types policy. */
interface TrustedTypes {
  createPolicy(
    name: 'service-worker',
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const URL = '/service-worker.js';

/** How long to wait for the worker. It never controls a page that was reloaded with Shift. */
const PATIENCE_MS = 2000;

/**
 * Register the shop's service worker, which shows notifications that arrive by Web Push, and serves
 * the pictures. Resolves when the worker controls the page, or after 2 s if it never does.
 */
export async function registerWorker(): Promise<void> {
  const { trustedTypes } = window as Window & { readonly trustedTypes?: TrustedTypes };
  const rules = { createScriptURL: () => URL };
  const url = trustedTypes?.createPolicy('service-worker', rules).createScriptURL(URL) ?? URL;
  // In some browsers, private windows have no service workers. The shop also works without one.
  const { serviceWorker } = navigator as Partial<Navigator>;
  if (!serviceWorker) return;
  const isControlled = new Promise((resolve) => {
    serviceWorker.addEventListener('controllerchange', resolve, { once: true });
    setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await serviceWorker.register(url);
  } catch {
    return;
  }
  if (!serviceWorker.controller) await isControlled;
}
