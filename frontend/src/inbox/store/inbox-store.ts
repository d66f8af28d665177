import {
  isUnread,
  type Filter,
  type InboxEvent,
  type Notification,
  type Page,
} from '../domain/notification';
import type { ApiErrorKind } from '../transport/api-error';
import type { ConnectionState } from '../transport/connection';
import { applyAction, type Marking, type Sweeping } from '../domain/action';
import { applyInboxEvent, isLacking, saidMeanwhile } from './changes';
import { applyPage, beginRequest, type Request } from './page';
import { overtake } from './pending';
import { receive } from './receive';
import { EMPTY_STATE, type InboxState } from './state';
import { viewOf, type InboxList } from './view';

/** Something that could not be done; the components say it in words. */
export interface Problem {
  readonly during: 'list' | 'more' | Marking | Sweeping;
  readonly kind: ApiErrorKind | 'too-many';
  readonly detail: string;
}

/** The latest live arrivals, for announcing: `turn` grows with each. Newest first. */
export interface Arrivals {
  readonly turn: number;
  readonly items: readonly Notification[];
}

export interface InboxStatus {
  /** Which list is shown; `list` and `isLoadingMore` are about it. */
  readonly filter: Filter;
  readonly list: 'loading' | 'ready' | 'failed';
  readonly isLoadingMore: boolean;
  readonly connection: ConnectionState;
  /** Why the server refused the connection, in its own words. */
  readonly refusal: string;
  readonly problem: Problem | null;
  /** How many actions wait because the server could not be reached; they are tried again. */
  readonly unsent: number;
  readonly arrivals: Arrivals;
}

export type InboxSnapshot = InboxList & InboxStatus;

const INITIAL_STATUS: InboxStatus = {
  filter: 'all',
  list: 'loading',
  isLoadingMore: false,
  connection: 'connecting',
  refusal: '',
  problem: null,
  unsent: 0,
  arrivals: { turn: 0, items: [] },
};

/** Owns the inbox's state, and one immutable snapshot of it until the next change. */
export class InboxStore {
  #state: InboxState = EMPTY_STATE;
  #status: InboxStatus = INITIAL_STATUS;
  #snapshot: InboxSnapshot = { ...viewOf(EMPTY_STATE, 'all'), ...INITIAL_STATUS };
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): InboxSnapshot => this.#snapshot;

  get state(): InboxState {
    return this.#state;
  }

  change(change: (state: InboxState) => InboxState): void {
    this.#publish(change(this.#state), this.#status);
  }

  setStatus(status: Partial<InboxStatus>): void {
    this.#publish(this.#state, { ...this.#status, ...status });
  }

  /** The item of this id, with what is pending; whatever list it is in. */
  find(id: string): Notification | undefined {
    const item = this.#state.items.find((each) => each.id === id);
    return item && this.#state.pending.reduce(applyAction, item);
  }

  /** What had failed has succeeded since. */
  clearProblem(during: Problem['during']): void {
    if (this.#status.problem?.during === during) this.setStatus({ problem: null });
  }

  /**
   * Once this returns, the items are held: only then may their push be acknowledged. Whether the
   * list has to say what became of them: all was read since they were created, or not of these.
   */
  receive(pushed: readonly Notification[]): boolean {
    const held = new Set(this.#state.items.map(({ id }) => id));
    const state = receive(this.#state, pushed);
    const fresh = state.items.filter(({ id }) => !held.has(id));
    // What comes before the first list is part of it, and no news.
    const { reaches, generation } = this.#state;
    const isNews = fresh.length > 0 && (reaches.all.kind !== 'nothing' || generation > 0);
    const arrivals = { turn: this.#status.arrivals.turn + 1, items: fresh };
    this.#publish(state, isNews ? { ...this.#status, arrivals } : this.#status);
    return fresh.some((item) => item.id <= state.readUpTo && isUnread(item));
  }

  /** Whether the list is to be asked: the event does not name all it changed, or nobody has it here. */
  applyInboxEvent(event: InboxEvent): boolean {
    const state = applyInboxEvent(overtake(this.#state, event), event);
    const isErased = state.generation !== this.#state.generation;
    // What was erased is not to be read out any more either.
    const { turn } = this.#status.arrivals;
    const status = isErased ? { ...this.#status, arrivals: { turn, items: [] } } : this.#status;
    this.#publish(state, status);
    return isErased || event.readUpTo !== null || isLacking(state, event.changed);
  }

  beginRequest(filter: Filter, below?: string): Request {
    const [state, request] = beginRequest(this.#state, filter, below);
    this.#state = state;
    return request;
  }

  /**
   * Whether the list is to be asked once more: what was said since the request has put something
   * where the answer, which was read before, had it not.
   */
  applyPage(request: Request, page: Page): boolean {
    this.change((state) => applyPage(state, request, page));
    return isLacking(this.#state, saidMeanwhile(this.#state));
  }

  /** After sign-out: nothing of this shopper remains. */
  reset(): void {
    this.#publish(EMPTY_STATE, INITIAL_STATUS);
  }

  #publish(state: InboxState, status: InboxStatus): void {
    const isSameView = state === this.#state && status.filter === this.#status.filter;
    const { items, counts, hasMore } = isSameView ? this.#snapshot : viewOf(state, status.filter);
    this.#state = state;
    this.#status = status;
    this.#snapshot = { items, counts, hasMore, ...status };
    for (const listener of this.#listeners) listener();
  }
}
