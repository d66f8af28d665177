import type { Notification, Page } from './notification';
import { begin, confirmAllRead, confirmRead, takeBack } from './store/pending';
import { InboxStore, type Problem } from './store/inbox-store';
import { isOpenBelow } from './store/page';
import type { PendingAction } from './store/state';
import { ApiError } from './transport/api-error';
import { backoff } from './transport/backoff';
import { Connection, type ConnectionState } from './transport/connection';
import { InboxApi } from './transport/inbox-api';
import { Tokens } from './transport/tokens';

export interface InboxOptions {
  readonly apiUrl: string;
  /** Any of the delivery instances; one is picked, and the next when it fails. */
  readonly socketUrls: readonly string[];
  /** Must give a fresh token of the same shopper each time it is asked. */
  readonly getToken: () => Promise<string>;
}

/**
 * One shopper's inbox: the composition root of transport and store, without React.
 *
 * It is idle until `start`, and after `stop` nothing of the shopper remains and no answer still
 * under way takes effect. List requests go out one at a time, in order.
 */
export class Inbox {
  readonly store = new InboxStore();
  readonly #api: InboxApi;
  readonly #connection: Connection;
  #life = new AbortController();
  #lists: Promise<void> = Promise.resolve();
  #isRefreshDue = false;
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: InboxOptions) {
    const tokens = new Tokens(options.getToken);
    this.#api = new InboxApi(options.apiUrl, tokens);
    this.#connection = new Connection(options.socketUrls, tokens, {
      onState: (state, reason) => {
        this.#onConnectionState(state, reason);
      },
      onNotifications: (items) => {
        this.store.receive(items);
      },
      onInbox: (event) => {
        this.store.applyInboxEvent(event);
        // Such an event does not name all that it changed: let the list say.
        if (event.erased || event.readUpTo !== null) this.refresh();
      },
    });
  }

  start(): void {
    this.#life = new AbortController();
    this.#connection.start();
    this.refresh();
  }

  stop(): void {
    this.#life.abort();
    this.#connection.stop();
    clearTimeout(this.#retryTimer);
    this.#isRefreshDue = false;
    this.#failures = 0;
    this.store.reset();
  }

  /** Tries again what failed: the connection and the list. */
  readonly retry = (): void => {
    this.#connection.retry();
    this.refresh();
  };

  /** Loads the list anew, down to where it had been loaded. */
  readonly refresh = (): void => {
    // One that waits its turn will see all that this one would.
    if (this.#isRefreshDue) return;
    this.#isRefreshDue = true;
    this.#inTurn((signal) => this.#refresh(signal));
  };

  readonly loadMore = (): void => {
    if (this.store.getSnapshot().isLoadingMore) return;
    this.store.setStatus({ isLoadingMore: true });
    this.#inTurn((signal) => this.#loadMore(signal));
  };

  readonly markRead = async (item: Notification): Promise<void> => {
    if (item.read_at !== null) return;
    const action = { kind: 'read', id: item.id, at: new Date().toISOString() } as const;
    await this.#act('read', action, async (signal) => {
      const answer = await this.#api.markRead(item.id, signal);
      return () => {
        this.store.change((state) => confirmRead(state, action, answer));
      };
    });
  };

  readonly markAllRead = async (): Promise<void> => {
    const upTo = this.store.state.items[0]?.id;
    if (upTo === undefined) return;
    const action = { kind: 'read-all', upTo, at: new Date().toISOString() } as const;
    await this.#act('read-all', action, async (signal) => {
      await this.#api.markAllRead(signal);
      return () => {
        this.store.change((state) => confirmAllRead(state, action));
        // What came while the call was under way was read by the server or not: let it say.
        this.refresh();
      };
    });
  };

  readonly dismissProblem = (): void => {
    this.store.setStatus({ problem: null });
  };

  #onConnectionState(connection: ConnectionState, refusal: string): void {
    this.store.setStatus({ connection, refusal });
    // What came while we were away is in the list; what comes from now on is pushed.
    if (connection === 'online') this.refresh();
  }

  #inTurn(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#life;
    this.#lists = this.#lists.then(() => (signal.aborted ? undefined : task(signal)));
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    this.#isRefreshDue = false;
    clearTimeout(this.#retryTimer);
    try {
      let page = await this.#loadPage(undefined, undefined, signal);
      this.#failures = 0;
      this.store.setStatus({ list: 'ready' });
      this.#clearProblem('list');
      // What had been opened further down may have changed as well.
      while (page.nextCursor !== null && isOpenBelow(this.store.state.reach, page)) {
        page = await this.#loadPage(page.nextCursor, page.items.at(-1)?.id, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#onListFailed(problemOf('list', error));
    }
  }

  #onListFailed(problem: Problem): void {
    const { list } = this.store.getSnapshot();
    this.store.setStatus({ list: list === 'ready' ? list : 'failed', problem });
    // A hole would stay until the next reconnect, were the list not tried again.
    if (problem.kind !== 'unreachable' && problem.kind !== 'failing') return;
    this.#retryTimer = setTimeout(this.refresh, backoff(this.#failures));
    this.#failures += 1;
  }

  async #loadMore(signal: AbortSignal): Promise<void> {
    const { reach } = this.store.state;
    try {
      if (reach.kind === 'partial') await this.#loadPage(reach.cursor, reach.lastId, signal);
      this.#clearProblem('more');
    } catch (error) {
      if (!signal.aborted) this.store.setStatus({ problem: problemOf('more', error) });
    } finally {
      if (!signal.aborted) this.store.setStatus({ isLoadingMore: false });
    }
  }

  async #loadPage(
    cursor: string | undefined,
    below: string | undefined,
    signal: AbortSignal,
  ): Promise<Page> {
    const request = this.store.beginRequest(below);
    const page = await this.#api.list(cursor, signal);
    signal.throwIfAborted();
    this.store.applyPage(request, page);
    return page;
  }

  /** Shows the action, does it, and confirms it, or takes back what it showed and says so. */
  async #act(
    during: Problem['during'],
    action: PendingAction,
    call: (signal: AbortSignal) => Promise<() => void>,
  ): Promise<void> {
    const { signal } = this.#life;
    this.store.change((state) => begin(state, action));
    try {
      const confirm = await call(signal);
      if (signal.aborted) return;
      confirm();
      this.#clearProblem(during);
    } catch (error) {
      if (signal.aborted) return;
      this.store.change((state) => takeBack(state, action));
      this.store.setStatus({ problem: problemOf(during, error) });
    }
  }

  #clearProblem(during: Problem['during']): void {
    if (this.store.getSnapshot().problem?.during === during) this.dismissProblem();
  }
}

const problemOf = (during: Problem['during'], error: unknown): Problem =>
  error instanceof ApiError
    ? { during, kind: error.kind, detail: error.message }
    : { during, kind: 'failing', detail: '' };
