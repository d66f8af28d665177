import { FILTERS, type Filter, type Page } from '../domain/notification';
import { isOpenBelow } from '../store/page';
import type { InboxStore } from '../store/inbox-store';
import { forgetReach } from '../store/state';
import { ApiError } from '../transport/api-error';
import { backoff } from '../transport/backoff';
import type { InboxApi } from '../transport/inbox-api';
import { problemOf } from './problem-of';

/** Loads the lists into the store: one request at a time, in order, and again until it succeeds. */
export class Lists {
  readonly #store: InboxStore;
  readonly #api: InboxApi;
  #life = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #isRefreshDue = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: InboxStore, api: InboxApi) {
    this.#store = store;
    this.#api = api;
  }

  stop(): void {
    this.#life.abort();
    this.#life = new AbortController();
    clearTimeout(this.#timer);
    this.#isRefreshDue = false;
    this.#failures = 0;
  }

  /** Shows another list, and loads it if it has not been. */
  show(filter: Filter): void {
    if (filter === this.#filter) return;
    const isLoaded = this.#store.state.reaches[filter].kind !== 'nothing';
    this.#store.setStatus({
      filter,
      list: isLoaded ? 'ready' : 'loading',
      isLoadingMore: false,
    });
    if (!isLoaded) this.#inTurn((signal) => this.#load([filter], signal));
  }

  /** Loads the list shown anew, down to where it had been loaded, and the one that is counted by. */
  readonly refresh = (): void => {
    // One that waits its turn will see all that this one would.
    if (this.#isRefreshDue) return;
    this.#isRefreshDue = true;
    this.#inTurn((signal) => {
      this.#isRefreshDue = false;
      return this.#load(['all', this.#filter], signal);
    });
  };

  loadMore(): void {
    if (this.#store.getSnapshot().isLoadingMore) return;
    this.#store.setStatus({ isLoadingMore: true });
    const filter = this.#filter;
    this.#inTurn((signal) => this.#loadMore(filter, signal));
  }

  get #filter(): Filter {
    return this.#store.getSnapshot().filter;
  }

  #inTurn(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#life;
    this.#turn = this.#turn.then(() => (signal.aborted ? undefined : task(signal)));
  }

  /** What is not loaded anew, and not shown, is forgotten: it would not be known to be right. */
  async #load(filters: readonly Filter[], signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    if (filters.includes('all'))
      for (const each of FILTERS)
        if (!filters.includes(each)) this.#store.change((state) => forgetReach(state, each));
    try {
      for (const each of new Set(filters)) await this.#reload(each, signal);
      this.#failures = 0;
      this.#store.clearProblem('list');
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error);
    }
  }

  async #reload(filter: Filter, signal: AbortSignal): Promise<void> {
    let page = await this.#loadPage(filter, undefined, undefined, signal);
    if (filter === this.#filter) this.#store.setStatus({ list: 'ready' });
    // What had been opened further down may have changed as well.
    while (page.nextCursor !== null && isOpenBelow(this.#store.state.reaches[filter], page)) {
      page = await this.#loadPage(filter, page.nextCursor, page.items.at(-1)?.id, signal);
    }
  }

  #onFailed(error: unknown): void {
    const { list } = this.#store.getSnapshot();
    const problem = problemOf('list', error);
    this.#store.setStatus({ list: list === 'ready' ? list : 'failed', problem });
    // A hole would stay until the next reconnect, were the list not tried again.
    if (!(error instanceof ApiError) || error.isFinal) return;
    this.#timer = setTimeout(this.refresh, backoff(this.#failures));
    this.#failures += 1;
  }

  async #loadMore(filter: Filter, signal: AbortSignal): Promise<void> {
    const reach = this.#store.state.reaches[filter];
    try {
      if (reach.kind === 'partial')
        await this.#loadPage(filter, reach.cursor, reach.lastId, signal);
      this.#store.clearProblem('more');
    } catch (error) {
      if (!signal.aborted) this.#store.setStatus({ problem: problemOf('more', error) });
    } finally {
      if (!signal.aborted) this.#store.setStatus({ isLoadingMore: false });
    }
  }

  async #loadPage(
    filter: Filter,
    cursor: string | undefined,
    below: string | undefined,
    signal: AbortSignal,
  ): Promise<Page> {
    const request = this.#store.beginRequest(filter, below);
    const page = await this.#api.list(filter, cursor, signal);
    signal.throwIfAborted();
    if (this.#store.applyPage(request, page)) this.refresh();
    return page;
  }
}
