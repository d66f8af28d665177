/* eslint baseline-js/use-baseline: off -- all browsers of our baseline have Web Push since 2023 */
import type { InboxApi } from '../transport/inbox-api';

/**
 * The storage key for the id of the user to whom this browser's subscription belongs. Signing out
 * removes the entry with the other settings.
 */
const OWNER = 'notification-inbox-push';
const TIMEOUT_MS = 15_000;

/**
 * `none`: the shop offers no Web Push, or its page has registered no service worker. `unsupported`:
 * this browser does not have Web Push.
 */
export type PushState = 'none' | 'unsupported' | 'blocked' | 'off' | 'on';

/** Return the service worker that the host has registered for this page. */
const worker = async () => (navigator as Partial<Navigator>).serviceWorker?.getRegistration();

/** Return the subscription of this browser, which may be of another shopper. */
const held = async () => {
  const { pushManager }: Partial<ServiceWorkerRegistration> = (await worker()) ?? {};
  return pushManager?.getSubscription();
};

/**
 * Close the notifications that the service worker shows, and forget their ids, so that nothing of a
 * shopper stays. Only our notifications have a list as their data: see `push/service-worker.ts`.
 */
export async function forgetShown(): Promise<void> {
  for (const shown of (await (await worker())?.getNotifications()) ?? [])
    if (Array.isArray(shown.data)) shown.close();
  if ('caches' in window) await caches.delete('notification-inbox');
}

/** End a subscription, and what it has left in this browser. */
async function end(subscription: PushSubscription | null | undefined): Promise<void> {
  await subscription?.unsubscribe();
  await forgetShown();
}

/** Owns this browser's subscription to Web Push, for the shopper who is signed in. */
export class Push {
  readonly #api: InboxApi;
  readonly #shopper: () => string | undefined;
  /** Whether the server has said that the shop offers Web Push. Without a network, this remains. */
  #isOffered = false;

  /**
   * `shopper` returns who is signed in, once there is a token.
   *
   * @internal
   */
  constructor(api: InboxApi, shopper: () => string | undefined) {
    this.#api = api;
    this.#shopper = shopper;
  }

  async state(): Promise<PushState> {
    if (!(await worker())) return 'none';
    if (!(this.#isOffered ||= Boolean(await this.#key()))) return 'none';
    if (!('PushManager' in window && 'Notification' in window)) return 'unsupported';
    if (Notification.permission === 'denied') return 'blocked';
    return (await held()) ? 'on' : 'off';
  }

  /** Subscribe. Call it in a click handler: browsers ask for permission only there. */
  async turnOn(): Promise<void> {
    if ((await Notification.requestPermission()) !== 'granted') return;
    const applicationServerKey = (await this.#key()) ?? null;
    const { pushManager } = await navigator.serviceWorker.ready;
    // Remove the subscription of an earlier key or of another shopper. Otherwise, subscribing would
    // fail.
    await (await pushManager.getSubscription())?.unsubscribe();
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    try {
      localStorage.setItem(OWNER, this.#shopper() ?? '');
      await this.#tell('POST', made);
    } catch (error) {
      // Otherwise the switch would be on, although the server knows nothing of it.
      await made.unsubscribe();
      throw error;
    }
  }

  /**
   * Unsubscribe, close what is shown, and report this to the server, for at most `timeout`
   * milliseconds.
   */
  async turnOff(timeout = TIMEOUT_MS): Promise<void> {
    const subscription = await held();
    await end(subscription);
    if (!subscription) return;
    // If the server cannot be reached, it learns this later, from the push service, which now
    // refuses its messages.
    await this.#tell('DELETE', subscription, timeout).catch(() => undefined);
  }

  /**
   * Report this shopper's subscription to the server again, because the server may have forgotten
   * it. End a subscription that another shopper has left in this browser: it would show that
   * shopper's notifications to this one.
   */
  readonly renew = async (): Promise<void> => {
    const subscription = await held();
    if (!subscription) return;
    if (localStorage.getItem(OWNER) === this.#shopper()) await this.#tell('POST', subscription);
    else await end(subscription);
  };

  #key(): Promise<string | undefined> {
    return this.#api.pushKey(AbortSignal.timeout(TIMEOUT_MS));
  }

  #tell(method: 'POST' | 'DELETE', subscription: PushSubscription, ms = TIMEOUT_MS): Promise<void> {
    return this.#api.push(method, subscription.toJSON(), AbortSignal.timeout(ms));
  }
}
