import type { Filter, Page } from '../domain/notification';
import type { InboxStore } from '../store/inbox-store';
import { needsRecount } from '../store/base';
import { closeBelow, isOpenBelow } from '../store/page';
import { forgetReach, listsOf, reachOf } from '../store/state';
import { ApiError } from '../transport/api-error';
import { backoff } from '../transport/backoff';
import type { InboxApi } from '../transport/inbox-api';
import { problemOf } from './problem-of';

/** All changes within this time share one request for the counts. */
const RECOUNT_MS = 1_000;
/** A failed recount waits as long as a retry after this many failures. */
const RECOUNT_FAILED = 5;
/**
 * The first wait after a failure. The connection retries sooner, and once it is back, the list is
 * loaded anyway.
 */
const FIRST_RETRY_MS = 1_000;
/** The most categories that the API counts in one request. */
const MOST_COUNTED = 10;

/**
 * Loads the lists into the store, one request at a time and in order. Retries until loading
 * succeeds. Asks for the counts again when the store is unsure of them.
 */
export class Lists {
  readonly #store: InboxStore;
  readonly #api: InboxApi;
  #lifetime = new AbortController();
  #queue: Promise<void> = Promise.resolve();
  #isRefreshDue = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #recountTimer: ReturnType<typeof setTimeout> | undefined;
  /** One function for each list on the screen. Undefined until the first `watch`. */
  #watchers: Set<() => string> | undefined;
  #counted: readonly string[] = [];

  constructor(store: InboxStore, api: InboxApi) {
    this.#store = store;
    this.#api = api;
    this.stop();
    store.subscribe(() => {
      if (needsRecount(store.state)) this.#recountIn(RECOUNT_MS);
    });
  }

  /** Load the lists. Before the first `start`, and after `stop`, nothing is loaded. */
  start(): void {
    this.#lifetime = new AbortController();
    this.#isRefreshDue = false;
    this.reloadLists();
  }

  stop(): void {
    this.#lifetime.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#recountTimer);
    this.#recountTimer = undefined;
    this.#failures = 0;
  }

  /**
   * Register a function that returns the id of the lowest item of one list on the screen. A reload
   * calls it, and leaves out what is below the lowest item of all lists. Returns a function to call
   * when the list leaves the screen. If a host never calls `watch`, all that is loaded counts as
   * shown.
   */
  watch(lowestShown: () => string): () => void {
    const watchers = (this.#watchers ??= new Set());
    watchers.add(lowestShown);
    return () => watchers.delete(lowestShown);
  }

  /** Also ask for the counts of these categories from now on. */
  count(categories: readonly string[]): void {
    const added = categories.filter((category) => !this.#counted.includes(category));
    if (added.length === 0) return;
    this.#counted = [...this.#counted, ...added].slice(-MOST_COUNTED);
    this.reloadLists();
  }

  /** Show another list, and load it if it is not loaded. */
  show(filter: Filter): void {
    if (filter === this.#filter) return;
    const isLoaded = reachOf(this.#store.state, filter).kind !== 'nothing';
    this.#store.changeStatus({
      filter,
      list: isLoaded ? 'ready' : 'loading',
      isLoadingMore: false,
    });
    if (!isLoaded)
      this.#enqueue((signal) => this.#load(this.#failures ? ['all', filter] : [filter], signal));
  }

  /** Reload the list `all`, which the counts need, and the shown list, down to what is shown. */
  readonly reloadLists = (): void => {
    // A reload that is still queued will load everything that this one would.
    if (this.#isRefreshDue) return;
    this.#isRefreshDue = true;
    this.#enqueue((signal) => {
      this.#isRefreshDue = false;
      return this.#load(['all', this.#filter], signal);
    });
  };

  loadMore(): void {
    if (this.#lifetime.signal.aborted || this.#store.getSnapshot().isLoadingMore) return;
    this.#store.changeStatus({ isLoadingMore: true });
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

  /**
   * Reload these lists. If `all` is among them, forget the reach of the lists that are not
   * reloaded, because they may be outdated.
   */
  async #load(filters: readonly Filter[], signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    if (filters.includes('all'))
      for (const other of listsOf(this.#store.state))
        if (!filters.includes(other)) this.#store.change((state) => forgetReach(state, other));
    try {
      for (const filter of new Set(filters)) await this.#reload(filter, signal);
      this.#failures = 0;
      this.#store.clearProblem('list');
      this.#store.clearProblem('more');
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error);
    }
  }

  async #reload(filter: Filter, signal: AbortSignal): Promise<void> {
    let page = await this.#loadPage(filter, undefined, undefined, signal);
    if (filter === this.#filter) this.#store.changeStatus({ list: 'ready' });
    // The part loaded further down may have changed too.
    while (page.nextCursor !== null && isOpenBelow(reachOf(this.#store.state, filter), page)) {
      const lastId = page.items.at(-1)?.id ?? '';
      if (!this.#isShownBelow(filter, lastId)) {
        const end = page;
        this.#store.change((state) => closeBelow(state, filter, end));
        return;
      }
      page = await this.#loadPage(filter, page.nextCursor, lastId, signal);
    }
  }

  #isShownBelow(filter: Filter, id: string): boolean {
    if (!this.#watchers) return true;
    return filter === this.#filter && [...this.#watchers].some((lowestShown) => lowestShown() < id);
  }

  #recountIn(milliseconds: number): void {
    if (this.#recountTimer !== undefined) return;
    this.#recountTimer = setTimeout(() => {
      this.#recountTimer = undefined;
      this.#enqueue((signal) => this.#recount(signal));
    }, milliseconds);
  }

  /**
   * Ask for the first page of `all`, which has the counts, and lists the newest items that they
   * include.
   */
  async #recount(signal: AbortSignal): Promise<void> {
    if (!needsRecount(this.#store.state)) return;
    try {
      await this.#loadPage('all', undefined, undefined, signal);
    } catch (error) {
      // Do not report this to the shopper. After a lost connection, the whole list is reloaded.
      if (!signal.aborted && error instanceof ApiError && !error.isFinal)
        this.#recountIn(backoff(RECOUNT_FAILED));
    }
  }

  #onFailed(error: unknown): void {
    const { list } = this.#store.getSnapshot();
    const problem = problemOf('list', error);
    this.#store.changeStatus({ list: list === 'ready' ? list : 'failed', problem });
    // Retry. Otherwise the list would have a gap until the next reconnect.
    if (!(error instanceof ApiError) || error.isFinal) return;
    const wait = Math.max(error.retryAfter, backoff(this.#failures, FIRST_RETRY_MS));
    this.#timer = setTimeout(this.reloadLists, wait);
    this.#failures += 1;
  }

  async #loadMore(filter: Filter, signal: AbortSignal): Promise<void> {
    const reach = reachOf(this.#store.state, filter);
    try {
      if (reach.kind === 'partial')
        await this.#loadPage(filter, reach.cursor, reach.lastId, signal);
      this.#store.clearProblem('more');
    } catch (error) {
      if (!signal.aborted) this.#store.changeStatus({ problem: problemOf('more', error) });
    } finally {
      if (!signal.aborted) this.#store.changeStatus({ isLoadingMore: false });
    }
  }

  async #loadPage(
    filter: Filter,
    cursor: string | undefined,
    below: string | undefined,
    signal: AbortSignal,
  ): Promise<Page> {
    const request = this.#store.beginRequest(filter, below);
    const page = await this.#api.list(filter, cursor, signal, this.#counted);
    // If `stop` ran during the call, the store is empty, and this page must not fill it again.
    signal.throwIfAborted();
    if (this.#store.applyPage(request, page)) this.reloadLists();
    return page;
  }
}
