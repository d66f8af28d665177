import { createRoot, type Root } from 'react-dom/client';
import type { Category } from '../domain/preferences';
import type { Notifications } from '../hooks/use-notifications';
import type { TokenSource } from '../inbox';
import { removeSettings } from '../sync/outbox-storage';
import { forgetShown } from '../sync/push';
import { claimsOf } from '../transport/claims';
import type { InboxWords } from '../words/languages/es';
import { ElementInbox } from './ElementInbox';
import { adoptStyles } from './styles';

/** The properties that are also attributes, with the names of the attributes. */
const ATTRIBUTES = {
  apiUrl: 'api-url',
  socketUrl: 'socket-url',
  socketPath: 'socket-path',
  token: 'token',
  locale: 'locale',
  theme: 'theme',
  count: 'count',
} as const;

type Attribute = keyof typeof ATTRIBUTES;
const NAMES = Object.keys(ATTRIBUTES) as Attribute[];
/** The properties that are not attributes. */
const OBJECTS = ['getToken', 'words', 'categories', 'tabs'] as const;

/** The `detail` of the event `notification-inbox:navigate`. */
export interface NavigateDetail {
  /** The link: a path of this site, or a complete URL. */
  readonly href: string;
  /**
   * Call it during the event if the page has no such path. The notification then says that the page
   * no longer exists.
   */
  readonly leadsNowhere: () => void;
}

/**
 * Remove what an earlier shopper has left. Without a token there is no inbox that could sign out.
 */
async function forgetEarlier(): Promise<{ lost: number }> {
  removeSettings();
  await forgetShown().catch(() => undefined); // some pages may not ask for a service worker
  return { lost: 0 };
}

/** The elements that show an inbox. The first one of each user announces arrivals. */
const shown = new Set<NotificationInboxElement>();

// A server may import this file, but has no `HTMLElement`.
const Base = (typeof HTMLElement === 'undefined' ? Object : HTMLElement) as typeof HTMLElement;

/**
 * `<notification-inbox>`: the bell with its inbox, toasts and alerts, in a shadow root.
 *
 * It works while it is in the page, and may be moved within it. A new token of the same user is
 * used at once; with a token of another user, or other addresses, everything starts again.
 */
export class NotificationInboxElement extends Base {
  static readonly observedAttributes = Object.values(ATTRIBUTES);
  declare apiUrl: string | null;
  /** One address, or several, separated by spaces. */
  declare socketUrl: string | null;
  declare socketPath: string | null;
  declare token: string | null;
  declare locale: string | null;
  declare theme: string | null;
  declare count: string | null;
  #getToken: (() => Promise<string>) | undefined;
  #words: InboxWords | undefined;
  #categories: readonly Category[] | undefined;
  #tabs: readonly Category[] | undefined;
  #root: Root | undefined;
  #signOut: Notifications['signOut'] | undefined;
  #isDue = false;
  /** Identifies the services and the user. If it changes, the inbox starts again. */
  #key = '';

  get getToken(): (() => Promise<string>) | undefined {
    return this.#getToken;
  }

  set getToken(getToken: (() => Promise<string>) | undefined) {
    this.#getToken = getToken;
    this.#update();
  }

  get words(): InboxWords | undefined {
    return this.#words;
  }

  set words(words: InboxWords | undefined) {
    this.#words = words;
    this.#update();
  }

  /** The shop's categories, which the shopper may mute in the settings. */
  get categories(): readonly Category[] | undefined {
    return this.#categories;
  }

  set categories(categories: readonly Category[] | undefined) {
    this.#categories = categories;
    this.#update();
  }

  /** The categories that have a tab of their own, with an exact count; at most ten. */
  get tabs(): readonly Category[] | undefined {
    return this.#tabs;
  }

  set tabs(tabs: readonly Category[] | undefined) {
    this.#tabs = tabs;
    this.#update();
  }

  /**
   * Sign the shopper out of this browser, and remove the element's token. Call it before you remove
   * the element. Sends the unsent actions, for at most `timeout` milliseconds. Then nothing of the
   * shopper stays in the browser's storage. Returns how many actions were lost.
   */
  async signOut(options?: { timeout?: number }): Promise<{ lost: number }> {
    const { token, getToken } = this;
    const outcome = await (this.#signOut ?? forgetEarlier)(options);
    // The next shopper may have signed in during the wait.
    if (this.token === token) this.token = null;
    if (this.getToken === getToken) this.getToken = undefined;
    return outcome;
  }

  connectedCallback(): void {
    // Properties that were set before the class was defined hide its accessors. Set them again.
    for (const name of [...NAMES, ...OBJECTS]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = (this as Record<string, unknown>)[name];
      Reflect.deleteProperty(this, name);
      Object.assign(this, { [name]: value });
    }
    this.#update();
  }

  disconnectedCallback(): void {
    this.#update();
  }

  attributeChangedCallback(): void {
    this.#update();
  }

  /**
   * Update in a microtask, because frameworks set properties one by one, and move an element by
   * removing it first.
   */
  #update(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.isConnected) this.#render();
      else this.#stop();
    });
  }

  #stop(): void {
    this.#root?.unmount();
    this.#root = undefined;
    this.#signOut = undefined;
    this.#setKey('');
  }

  /** Set the key, and update all other elements: another one may have to announce arrivals now. */
  #setKey(key: string): void {
    if (key === this.#key) return;
    this.#key = key;
    shown.delete(this);
    if (key) shown.add(this);
    for (const other of shown) if (other !== this) other.#update();
  }

  get #tellsOfArrivals(): boolean {
    const isOfSameUser = (other: NotificationInboxElement) =>
      other.#key === this.#key && other.#getToken === this.#getToken;
    return [...shown].find(isOfSameUser) === this;
  }

  #render(): void {
    const { apiUrl, socketUrl, socketPath, token } = this;
    const source = this.#source();
    if (!apiUrl || !socketUrl || !source) {
      this.#stop();
      return;
    }
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    if (!this.#root) {
      adoptStyles(shadow);
      this.#root = createRoot(shadow);
    }
    this.#setKey([apiUrl, socketUrl, socketPath, token && claimsOf(token).subject].join());
    this.#root.render(
      <ElementInbox
        key={this.#key}
        tellsOfArrivals={this.#tellsOfArrivals}
        provider={{
          ...source,
          ...this.#options(),
          apiUrl,
          socketUrl: socketUrl.trim().split(/[\s,]+/),
          onError: this.#onError,
        }}
        count={this.count === 'unread' ? 'unread' : 'unseen'}
        categories={this.#categories}
        tabs={this.#tabs}
        onNavigate={this.#onNavigate}
        onCount={this.#onCount}
        onInbox={this.#onInbox}
      />,
    );
  }

  #options() {
    const { socketPath, locale, words } = this;
    return {
      ...(socketPath && { socketPath }),
      ...(locale && { locale }),
      ...(words && { words }),
    };
  }

  #source(): TokenSource | undefined {
    if (this.token) return { token: this.token };
    return this.#getToken && { getToken: this.#getToken };
  }

  #dispatch(name: string, detail: unknown, cancelable = false): boolean {
    const options = { detail, cancelable, bubbles: true, composed: true };
    return this.dispatchEvent(new CustomEvent(`notification-inbox:${name}`, options));
  }

  readonly #onNavigate = (href: string): boolean => {
    const link = { isFound: true };
    const leadsNowhere = () => {
      link.isFound = false;
    };
    const detail: NavigateDetail = { href, leadsNowhere };
    if (this.#dispatch('navigate', detail, true) && link.isFound) location.assign(href);
    return link.isFound;
  };

  readonly #onCount = (counts: unknown): void => {
    this.#dispatch('count', counts);
  };

  readonly #onInbox = (signOut: Notifications['signOut']): void => {
    this.#signOut = signOut;
  };

  readonly #onError = (error: unknown): void => {
    this.#dispatch('error', { error });
  };
}

for (const name of NAMES) {
  Object.defineProperty(NotificationInboxElement.prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: HTMLElement) {
      return this.getAttribute(ATTRIBUTES[name]);
    },
    set(this: HTMLElement, value: string | readonly string[] | null | undefined) {
      if (value === null || value === undefined) this.removeAttribute(ATTRIBUTES[name]);
      else this.setAttribute(ATTRIBUTES[name], [value].flat().join(' '));
    },
  });
}
