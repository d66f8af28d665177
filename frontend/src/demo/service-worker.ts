/**
 * The service worker of the shop: that of the inbox, and the host of the shop's pictures.
 *
 * Pictures of notifications come by https, and a stack on one machine has no certificate. So they
 * have addresses of a host that does not exist, and this worker answers for it.
 */
// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- another team imports 'notification-inbox/service-worker.js'
import '../inbox/push/service-worker';

/** What this worker uses of its global scope. TypeScript's own types do not mix with DOM's. */
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

/** Also in `deploy/demo_shop/pictures.py` and in the page's Content-Security-Policy. */
const HOST = 'https://img.alma-y-barro.example';

self.addEventListener('install', (event) => {
  event.waitUntil(self.skipWaiting());
});

// Also of the page that has registered this worker, which would else get no pictures.
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === HOST) event.respondWith(fetch(`/pictures${pathname}`));
});
