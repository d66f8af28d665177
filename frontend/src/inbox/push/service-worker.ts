/**
 * The service worker of the inbox: shows the notifications that come by Web Push, and opens a
 * notification's link on a click. It marks nothing as seen: the shopper sees the notification in
 * the inbox of the page that the click opens.
 *
 * It is a separate script without imports. Serve it from the root of the shop.
 */
import type { WorkerScope } from './worker-scope';

declare const self: WorkerScope;

interface Message {
  readonly id: string;
  readonly tag: string;
  readonly title: string;
  readonly body?: string;
  readonly action_url?: string | null;
  readonly image_url?: string;
  readonly actions?: readonly { readonly label: string; readonly url: string }[];
}

/**
 * How many notifications are remembered, each as an entry of the cache. A repeat of a remembered one
 * is not shown again, even if the first was dismissed.
 */
const REMEMBERED = 50;

async function show(message: Message): Promise<void> {
  const { id, tag, title, body, action_url: url, image_url: image, actions = [] } = message;
  const entry = `/id/${id}`;
  let cache: Cache | undefined;
  try {
    cache = await caches.open('notification-inbox');
    if (await cache.match(entry)) return;
  } catch {
    // Without storage, only the tag prevents repeats.
  }
  await self.registration.showNotification(title, {
    body,
    tag,
    // Alert again: a newer notification with the same tag, and so the same collapse key, has new
    // content.
    renotify: true,
    data: [url, ...actions.map((each) => each.url)],
    actions: actions.map(({ label }, index) => ({ action: `${index + 1}`, title: label })),
    image,
  } as NotificationOptions);
  // Remember it only now: if it could not be shown, its repeat must be.
  await cache?.put(entry, new Response());
  const entries = (await cache?.keys()) ?? []; // the oldest first
  for (const old of entries.slice(0, -REMEMBERED)) await cache?.delete(old);
}

/**
 * Focus the window that shows the page, or open a new one. A window that shows another page stays
 * as it is.
 */
async function open(link: unknown): Promise<void> {
  const { scope } = self.registration;
  const target = new URL(typeof link === 'string' ? link : '', scope);
  if (!/^https?:$/.test(target.protocol)) return;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const held = windows.find(({ url }) => url === target.href || (!link && url.startsWith(scope)));
  await (held ? held.focus() : self.clients.openWindow(target.href));
}

self.addEventListener('push', (event) => {
  const message = event.data?.json() as Message | undefined;
  if (!message?.title) return;
  // A repeat may arrive before the first is remembered. Both would alert, so let the repeat wait.
  const lock = `notification-inbox/${message.id}`;
  event.waitUntil(navigator.locks.request(lock, () => show(message)));
});

self.addEventListener('notificationclick', (event) => {
  const { notification, action } = event;
  notification.close();
  const links = notification.data as readonly unknown[] | null;
  event.waitUntil(open(links?.[+action]));
});
