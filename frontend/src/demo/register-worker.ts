/** The address of a script, which the page's Content-Security-Policy lets only a policy make. */
interface TrustedTypes {
  createPolicy(
    name: 'service-worker',
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const URL = '/service-worker.js';

/** Register the inbox's service worker, which shows what comes by Web Push. */
export function registerWorker(): void {
  const { trustedTypes } = window as Window & { readonly trustedTypes?: TrustedTypes };
  const rules = { createScriptURL: () => URL };
  const url = trustedTypes?.createPolicy('service-worker', rules).createScriptURL(URL) ?? URL;
  // A private window of some browsers has no service workers. There, the shop works without.
  (navigator as Partial<Navigator>).serviceWorker?.register(url).catch(() => undefined);
}
