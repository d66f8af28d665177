import type { Action, Marking } from './domain/action';
import type { Filter, InboxEvent, Notification } from './domain/notification';
import { Push } from './sync/push';
import { InboxStore } from './store/inbox-store';
import { begin, confirm, takeBack } from './store/pending';
import { Expiry } from './sync/expiry';
import { Lists } from './sync/lists';
import { removeSettings } from './sync/outbox-storage';
import { Outbox, uniqueKey } from './sync/outbox';
import { Poll } from './sync/poll';
import { PreferenceSync } from './sync/preference-sync';
import { problemOf } from './sync/problem-of';
import { Sender } from './sync/sender';
import { Connection, type SocketState } from './transport/connection';
import { InboxApi } from './transport/inbox-api';
import { Tokens } from './transport/tokens';
import { socketAddress } from './transport/urls';
import { watchWakes } from './transport/wake';

/** How long signing out waits for the server by default. */
const SIGN_OUT_MS = 5_000;

/** Wait for the promise, but no longer than this. */
const within = (milliseconds: number, promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, milliseconds))]);

/** A token, or a function that returns a fresh token of the same shopper at each call. */
export type TokenSource =
  | { readonly token: string; readonly getToken?: never }
  | { readonly getToken: () => Promise<string>; readonly token?: never };

export type InboxOptions = TokenSource & {
  /** The address of the producer API, without `/v1`. It may be relative to the page. */
  readonly apiUrl: string;
  /**
   * One or more addresses of the delivery service, which may be relative to the page. The inbox
   * starts with a random one. If that one fails, the inbox tries the next. The path of an address
   * is the prefix under which a proxy serves the delivery service: with
   * `https://shop.example/notify`, Socket.IO is at `/notify/socket.io`.
   */
  readonly socketUrl: string | readonly string[];
  /** The path of Socket.IO, if it is not `/socket.io` after the path of `socketUrl`. */
  readonly socketPath?: string;
};

/**
 * One shopper's inbox, without React: the composition root of transport, store and sync.
 *
 * It does nothing before `start`. After `stop`, the store is empty, and answers to earlier requests
 * have no effect. An action on a notification shows at once and is sent as soon as the server can
 * be reached.
 */
export class Inbox {
  readonly store = new InboxStore();
  readonly push: Push;
  readonly preferences: PreferenceSync;
  readonly #tokens: Tokens;
  readonly #connection: Connection;
  readonly #lists: Lists;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #poll: Poll;
  #token: string | undefined;
  #isStarted = false;
  #shared: Promise<void> | undefined;
  #endWatch: (() => void) | undefined;
  #signingOut: Promise<{ lost: number }> | undefined;

  constructor(options: InboxOptions) {
    this.#token = options.token;
    const tokens = new Tokens(options.getToken ?? this.#getOwnToken);
    const api = new InboxApi(options.apiUrl, tokens, (failure) => {
      if (this.#isStarted) this.store.changeStatus({ api: failure ?? 'none' });
    });
    this.push = new Push(api, () => tokens.subject);
    this.preferences = new PreferenceSync(this.store, api);
    this.#lists = new Lists(this.store, api);
    new Expiry(this.store, () => tokens.time, this.#lists.reloadLists);
    this.#outbox = this.#makeOutbox();
    this.#sender = this.#makeSender(api);
    this.#poll = new Poll(this.#lists.reloadLists);
    const servers = [options.socketUrl].flat().map((url) => socketAddress(url, options.socketPath));
    this.#connection = new Connection(servers, tokens, {
      onState: this.#onConnectionState,
      onNotifications: (items) => {
        if (this.store.receive(items)) this.#lists.reloadLists();
      },
      onInbox: this.#onInboxEvent,
    });
    this.#tokens = tokens;
    // The token says who the shopper is, so the outbox can be opened only once there is a token.
    tokens.onSubject = (shopper) => {
      if (this.#isStarted) this.#share(shopper);
    };
  }

  start(): void {
    this.#isStarted = true;
    const { subject } = this.#tokens;
    if (subject !== undefined) this.#share(subject);
    this.store.changeStatus({ hasNetwork: navigator.onLine });
    this.#endWatch = watchWakes(this.#onWake, this.#onNetwork);
    this.#connection.start();
    this.#lists.start();
    this.preferences.start();
    this.#poll.start();
  }

  stop(): void {
    // Signing out stops the inbox itself, once it has sent and forgotten the unsent actions.
    if (this.#signingOut) return;
    this.#isStarted = false;
    this.#endWatch?.();
    this.#poll.stop();
    this.#connection.stop();
    this.#lists.stop();
    this.preferences.stop();
    this.#sender.stop();
    this.#outbox.close();
    this.store.reset();
  }

  /**
   * Stop permanently, because the shopper signs out of this browser. First sends the unsent
   * actions, for at most `timeout` milliseconds. Then nothing of the shopper stays in the browser's
   * storage. Returns how many actions were lost, because they could not be sent in time.
   */
  readonly signOut = ({ timeout = SIGN_OUT_MS } = {}): Promise<{ lost: number }> =>
    (this.#signingOut ??= this.#signOut(timeout));

  async #signOut(timeout: number): Promise<{ lost: number }> {
    const end = performance.now() + timeout;
    // Remove the settings first. During the waits below, the next shopper may sign in and store
    // their own.
    removeSettings();
    // Ignore a failure: some pages may not ask for a service worker, such as those in a sandbox.
    const unsubscribed = this.push.turnOff(timeout).catch(() => undefined);
    // Before the first token, the inbox does not know whose actions are stored in this browser.
    if (this.#isStarted) await within(timeout, this.#adopted());
    await this.#sender.flush(end - performance.now());
    await within(end - performance.now(), unsubscribed);
    const lost = this.#outbox.forget();
    this.#signingOut = undefined;
    this.stop();
    return { lost };
  }

  /** Resolves when the actions of an earlier visit are in the outbox, or if there is no token. */
  async #adopted(): Promise<void> {
    await this.#tokens.current().catch(() => undefined);
    await this.#shared;
  }

  /** Retry the connection, the list and the unsent actions now. */
  readonly retry = (): void => {
    this.#connection.retry();
    this.#lists.reloadLists();
    this.#sender.send();
  };

  /**
   * Switch to another token of the same shopper, or another function that gives tokens. An open
   * connection stays open. A new token is used at once. A new function is not called before the
   * next token is due, because a React page may create a new function at each render.
   */
  setTokenSource({ token, getToken }: TokenSource): void {
    const isNew = token !== this.#token;
    this.#token = token;
    this.#tokens.getToken = getToken ?? this.#getOwnToken;
    if (isNew) this.#connection.renewToken();
  }

  readonly #getOwnToken = () => Promise.resolve(this.#token ?? '');

  readonly #onWake = (isNewNetwork = false): void => {
    this.#connection.wake(isNewNetwork);
    this.#poll.hasten();
    this.#sender.send();
  };

  readonly #onNetwork = (): void => {
    const hasNetwork = navigator.onLine;
    this.store.changeStatus({ hasNetwork });
    this.#onWake(hasNetwork);
  };

  /** Show the list of this filter, and load it if it is not loaded. */
  readonly show = (filter: Filter): void => {
    this.#lists.show(filter);
  };

  /**
   * Also load the counts of these categories from now on, for `byCategory`. If more than ten have
   * been asked for, only the last ten are loaded.
   */
  readonly countCategories = (categories: readonly string[]): void => {
    this.#lists.count(categories);
  };

  readonly loadMore = (): void => {
    this.#lists.loadMore();
  };

  /**
   * While a list is shown, let reloads ask this function for the id of the lowest item on the
   * screen. See `Lists.watch`.
   */
  readonly watchList = (lowestShown: () => string): (() => void) => this.#lists.watch(lowestShown);

  readonly markRead = (item: Notification): void => {
    if (item.read_at === null) this.#mark('read', item);
  };

  readonly markUnread = (item: Notification): void => {
    if (item.read_at !== null) this.#mark('unread', item);
  };

  readonly archive = (item: Notification): void => {
    if (item.archived_at === null) this.#mark('archive', item);
  };

  readonly unarchive = (item: Notification): void => {
    this.#mark('unarchive', item);
  };

  /**
   * Mark everything up to the newest notification held here as read. Later arrivals stay unread.
   */
  readonly markAllRead = (): void => {
    if (this.store.getSnapshot().counts.unread > 0) this.#sweep('read-all');
  };

  /** Mark everything up to the newest notification held here as seen. */
  readonly markAllSeen = (): void => {
    if (this.store.getSnapshot().counts.unseen > 0) this.#sweep('seen-all');
  };

  readonly dismissProblem = (): void => {
    this.store.changeStatus({ problem: null });
  };

  /**
   * Share the actions with other tabs. Where the browser forbids this, as in a sandbox, unsent
   * actions last only as long as the page.
   */
  #share(shopper: string): void {
    this.#shared = this.#outbox.open(shopper).catch(() => undefined);
    // Ignore a failure, because the next token tries again.
    this.push.renew().catch(() => undefined);
  }

  #mark(kind: Marking, { id }: Notification): void {
    this.#act({ key: uniqueKey(), kind, id, at: new Date().toISOString() });
  }

  #sweep(kind: 'read-all' | 'seen-all'): void {
    const upTo = this.store.state.items[0]?.id;
    if (upTo === undefined) return;
    this.#act({ key: uniqueKey(), kind, upTo, at: new Date().toISOString() });
  }

  #act(action: Action): void {
    if (this.#outbox.add(action)) this.#sender.send();
    else
      this.store.changeStatus({ problem: { during: action.kind, kind: 'too-many', detail: '' } });
  }

  #makeOutbox(): Outbox {
    return new Outbox({
      onAddition: (action) => {
        this.store.change((state) => begin(state, action));
      },
      onDone: (action, answer) => {
        this.store.change((state) => confirm(state, action, answer));
      },
      onRefused: (action) => {
        this.store.change((state) => takeBack(state, action.key));
      },
      onAdopted: () => {
        this.#sender.send();
      },
    });
  }

  #makeSender(api: InboxApi): Sender {
    return new Sender(api, this.#outbox, {
      onDone: ({ kind }) => {
        this.store.clearProblem(kind);
      },
      onRefused: ({ kind }, error) => {
        this.store.changeStatus({ problem: problemOf(kind, error) });
      },
      onWaiting: (unsent) => {
        this.store.changeStatus({ unsent });
      },
    });
  }

  readonly #onInboxEvent = (event: InboxEvent): void => {
    const { generation } = this.store.state;
    if (this.store.applyInboxEvent(event)) this.#lists.reloadLists();
    // Drop the actions on erased notifications: the server would refuse them. A repeated event
    // leaves the generation as it is. Keep the actions then: they may be on later notifications.
    if (this.store.state.generation !== generation) this.#outbox.clear();
  };

  readonly #onConnectionState = (socket: SocketState, refusal: string): void => {
    // After a lost connection, an earlier success of the API no longer means anything.
    const isLost = socket === 'offline' && this.store.getSnapshot().socket === 'online';
    const { isCrowdedOut } = this.#connection;
    this.store.changeStatus({ socket, refusal, isCrowdedOut, ...(isLost && { api: 'unknown' }) });
    if (socket !== 'online') {
      this.#poll.start();
      return;
    }
    this.#poll.stop();
    // The server pushes what is undelivered. It does not push what other devices received or
    // changed while this one was disconnected, so reload the list.
    this.#lists.reloadLists();
    this.#sender.send();
  };
}
