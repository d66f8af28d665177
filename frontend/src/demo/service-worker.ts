/**
 * The shop's service worker: the inbox's own worker, which also serves the shop's pictures.
 *
 * The pictures of notifications need https URLs, but a local stack has no certificate. So the URLs
 * name a host that does not exist, and this worker answers requests to that host.
 */
// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- another team imports 'notification-inbox/service-worker.js'
import '../inbox/push/service-worker';

/** What this worker uses of the global scope. TypeScript's worker types conflict with DOM's. */
interface WorkerScope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: {
      readonly request: Request;
      respondWith(answer: Promise<Response>): void;
    }) => void,
  ): void;
}

declare const self: WorkerScope;

/** The host is also in `deploy/demo_shop/pictures.py` and the page's Content-Security-Policy. */
const HOST = 'https://img.alma-y-barro.example';

self.addEventListener('install', (event) => {
  event.waitUntil(self.skipWaiting());
});

// Also control the page that has registered this worker. Otherwise it would get no pictures.
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === HOST) event.respondWith(fetch(`/pictures${pathname}`));
});
