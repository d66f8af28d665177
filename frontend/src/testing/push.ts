import { vi } from 'vitest';
import { backend } from './fresh-backend';

/** Stands in for a browser's Web Push, which jsdom lacks, and for the API's calls about it. */
export class PushStandIn {
  permission: NotificationPermission = 'default';
  /** The shopper's answer when the browser asks for permission. */
  answer: NotificationPermission = 'granted';
  isRegistered = true;
  key: string | null = 'the key';
  /** Why the browser cannot subscribe. */
  failure: Error | undefined;
  /** Whether the API refuses to be told. */
  isRefused = false;
  subscription: PushSubscription | null = null;
  /** The notifications that service workers show, and the names of their caches. */
  readonly shown = new Set<{ readonly data: unknown; close: () => void }>();
  readonly caches = new Set<string>();
  /** The method and the body of each call that reports a subscription to the server. */
  readonly told: [method: string, body: unknown][] = [];

  constructor() {
    const pushManager = {
      getSubscription: () => Promise.resolve(this.subscription),
      subscribe: (options: PushSubscriptionOptionsInit) => this.subscribe(options),
    };
    const registration = {
      pushManager,
      getNotifications: () => Promise.resolve([...this.shown]),
    };
    vi.stubGlobal('caches', {
      delete: (name: string) => Promise.resolve(this.caches.delete(name)),
    });
    vi.stubGlobal('PushManager', pushManager);
    vi.stubGlobal('Notification', this);
    Object.defineProperty(navigator, 'serviceWorker', {
      configurable: true,
      value: {
        ready: Promise.resolve(registration),
        getRegistration: () => Promise.resolve(this.isRegistered ? registration : undefined),
      },
    });
    backend.intercept = ({ method, url, body }) => {
      if (url.pathname === '/v1/push-key') return { status: 200, body: { public_key: this.key } };
      if (!url.pathname.endsWith('/push-subscriptions')) return undefined;
      this.told.push([method, body]);
      return { status: this.isRefused ? 400 : 200, body: {} };
    };
  }

  /** Undo the stubs. */
  end(): void {
    vi.unstubAllGlobals();
    Reflect.deleteProperty(navigator, 'serviceWorker');
  }

  requestPermission = (): Promise<NotificationPermission> => {
    this.permission = this.answer;
    return Promise.resolve(this.answer);
  };

  /** Show a notification with this `data`, as a service worker does. */
  show(data: unknown): void {
    const shown = { data, close: () => this.shown.delete(shown) };
    this.shown.add(shown);
  }

  /** Subscribe with this key, as the browser's `pushManager` does. */
  subscribe(options: PushSubscriptionOptionsInit): Promise<PushSubscription> {
    if (this.failure) return Promise.reject(this.failure);
    const shown = { endpoint: `https://push.example/${options.applicationServerKey as string}` };
    this.subscription = {
      toJSON: () => shown,
      unsubscribe: () => {
        this.subscription = null;
        return Promise.resolve(true);
      },
    } as unknown as PushSubscription;
    return Promise.resolve(this.subscription);
  }
}
