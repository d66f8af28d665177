import { FILTERS, type Filter, type Page } from '../domain/notification';
import type { InboxStore } from '../store/inbox-store';
import { isOpenBelow } from '../store/page';
import { forgetReach } from '../store/state';
import { ApiError } from '../transport/api-error';
import { backoff } from '../transport/backoff';
import type { InboxApi } from '../transport/inbox-api';
import { problemOf } from './problem-of';

/**
 * Loads the lists into the store, one request at a time and in order. Retries until loading succeeds.
 */
export class Lists {
  readonly #store: InboxStore;
  readonly #api: InboxApi;
  #lifetime = new AbortController();
  #queue: Promise<void> = Promise.resolve();
  #isRefreshDue = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: InboxStore, api: InboxApi) {
    this.#store = store;
    this.#api = api;
  }

  stop(): void {
    this.#lifetime.abort();
    this.#lifetime = new AbortController();
    clearTimeout(this.#timer);
    this.#isRefreshDue = false;
    this.#failures = 0;
  }

  /** Show another list, and load it if it is not loaded. */
  show(filter: Filter): void {
    if (filter === this.#filter) return;
    const isLoaded = this.#store.state.reaches[filter].kind !== 'nothing';
    this.#store.setStatus({
      filter,
      list: isLoaded ? 'ready' : 'loading',
      isLoadingMore: false,
    });
    if (!isLoaded) this.#enqueue((signal) => this.#load([filter], signal));
  }

  /** Reload the list `all`, which the counts need, and the shown list, as far down as before. */
  readonly refresh = (): void => {
    // A refresh that is still queued will load everything that this one would.
    if (this.#isRefreshDue) return;
    this.#isRefreshDue = true;
    this.#enqueue((signal) => {
      this.#isRefreshDue = false;
      return this.#load(['all', this.#filter], signal);
    });
  };

  loadMore(): void {
    if (this.#store.getSnapshot().isLoadingMore) return;
    this.#store.setStatus({ isLoadingMore: true });
    const filter = this.#filter;
    this.#enqueue((signal) => this.#loadMore(filter, signal));
  }

  get #filter(): Filter {
    return this.#store.getSnapshot().filter;
  }

  #enqueue(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#lifetime;
    this.#queue = this.#queue.then(() => (signal.aborted ? undefined : task(signal)));
  }

  /** Forget the reach of lists that are neither reloaded nor shown, because they may be outdated. */
  async #load(filters: readonly Filter[], signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    if (filters.includes('all'))
      for (const other of FILTERS)
        if (!filters.includes(other)) this.#store.change((state) => forgetReach(state, other));
    try {
      for (const filter of new Set(filters)) await this.#reload(filter, signal);
      this.#failures = 0;
      this.#store.clearProblem('list');
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error);
    }
  }

  async #reload(filter: Filter, signal: AbortSignal): Promise<void> {
    let page = await this.#loadPage(filter, undefined, undefined, signal);
    if (filter === this.#filter) this.#store.setStatus({ list: 'ready' });
    // The part loaded further down may have changed too.
    while (page.nextCursor !== null && isOpenBelow(this.#store.state.reaches[filter], page)) {
      page = await this.#loadPage(filter, page.nextCursor, page.items.at(-1)?.id, signal);
    }
  }

  #onFailed(error: unknown): void {
    const { list } = this.#store.getSnapshot();
    const problem = problemOf('list', error);
    this.#store.setStatus({ list: list === 'ready' ? list : 'failed', problem });
    // Retry. Otherwise the list would have a gap until the next reconnect.
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
    // `stop` during the call has emptied the store. This page must not fill it again.
    signal.throwIfAborted();
    if (this.#store.applyPage(request, page)) this.refresh();
    return page;
  }
}
