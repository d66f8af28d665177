/** The page's Content-Security-Policy accepts a script's URL only from a Trusted Types policy. */
interface TrustedTypes {
  createPolicy(
    name: 'service-worker',
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const URL = '/service-worker.js';

/** How long to wait for the worker. After a reload with Shift, it does not control the page. */
const PATIENCE_MS = 2000;

/**
 * Register the shop's service worker, which shows what comes by Web Push, and serves the pictures.
 * Resolves when it controls the page, or if it never will.
 */
export async function registerWorker(): Promise<void> {
  const { trustedTypes } = window as Window & { readonly trustedTypes?: TrustedTypes };
  const rules = { createScriptURL: () => URL };
  const url = trustedTypes?.createPolicy('service-worker', rules).createScriptURL(URL) ?? URL;
  // A private window of some browsers has no service workers. There, the shop works without.
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
