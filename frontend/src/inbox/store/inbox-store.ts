import { applyAction, type Marking, type Sweeping } from '../domain/action';
import {
  isUnread,
  isUnseen,
  type Filter,
  type InboxEvent,
  type Notification,
  type Page,
} from '../domain/notification';
import type { Preferences } from '../domain/preferences';
import type { ApiErrorKind } from '../transport/api-error';
import { isSweepUnclear } from './base';
import { connectivityOf, type Connectivity, type Links } from './connectivity';
import { applyInboxEvent, needsReload, changesSinceRequest } from './inbox-events';
import { applyPage, beginRequest, type Request } from './page';
import { overtake } from './pending';
import { receive } from './receive';
import { EMPTY_STATE, type InboxState } from './state';
import { viewOf, type InboxList } from './view';

/** A failure. The components turn it into a message. */
export interface Problem {
  readonly during: 'list' | 'more' | 'preferences' | 'load-preferences' | Marking | Sweeping;
  readonly kind: ApiErrorKind | 'too-many';
  readonly detail: string;
}

/** The latest live arrivals, newest first. `turn` grows by one with each group of arrivals. */
export interface Arrivals {
  readonly turn: number;
  readonly items: readonly Notification[];
}

export interface InboxStatus extends Links {
  /** Which list is shown. `list` and `isLoadingMore` are the state of that list. */
  readonly filter: Filter;
  readonly list: 'loading' | 'ready' | 'failed';
  readonly isLoadingMore: boolean;
  /** The server's message in English if it refused the connection, else empty. */
  readonly refusal: string;
  /** Whether the connection was refused because the shopper has too many newer tabs. */
  readonly isCrowdedOut: boolean;
  readonly problem: Problem | null;
  readonly arrivals: Arrivals;
  /** Undefined until they are loaded. */
  readonly preferences: Preferences | undefined;
}

export type InboxSnapshot = InboxList & InboxStatus & { readonly connection: Connectivity };

const INITIAL_STATUS: InboxStatus = {
  filter: 'all',
  list: 'loading',
  isLoadingMore: false,
  socket: 'connecting',
  api: 'unknown',
  hasNetwork: true,
  refusal: '',
  isCrowdedOut: false,
  problem: null,
  unsent: 0,
  arrivals: { turn: 0, items: [] },
  preferences: undefined,
};

/** The inbox before its first list, also while a server renders the page. */
export const INITIAL_SNAPSHOT: InboxSnapshot = {
  ...viewOf(EMPTY_STATE, 'all'),
  ...INITIAL_STATUS,
  connection: 'connecting',
};

/**
 * Owns the inbox's state, and an immutable snapshot of it that each change replaces.
 *
 * Hosts see only the snapshot. The type declarations leave out the internal methods, whose names
 * the build shortens.
 */
export class InboxStore {
  #state: InboxState = EMPTY_STATE;
  #status: InboxStatus = INITIAL_STATUS;
  #snapshot = INITIAL_SNAPSHOT;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): InboxSnapshot => this.#snapshot;

  /** @internal */
  get state(): InboxState {
    return this.#state;
  }

  /** @internal */
  change(change: (state: InboxState) => InboxState): void {
    this.#publish(change(this.#state), this.#status);
  }

  /** @internal */
  changeStatus(status: Partial<InboxStatus>): void {
    this.#publish(this.#state, { ...this.#status, ...status });
  }

  /**
   * Return the item with this id, from any list, with pending actions applied.
   *
   * @internal
   */
  find(id: string): Notification | undefined {
    const item = this.#state.items.find((held) => held.id === id);
    return item && this.#state.pending.reduce(applyAction, item);
  }

  /**
   * Remove the problem if this operation caused it. Call this after the operation has succeeded.
   *
   * @internal
   */
  clearProblem(during: Problem['during']): void {
    if (this.#status.problem?.during === during) this.changeStatus({ problem: null });
  }

  /**
   * Take in pushed items. Acknowledge the push only after this returns, because only then are they
   * held.
   *
   * Returns whether to reload the list. A push shows an item as it was created. If everything was
   * read or seen since then, only the list shows whether that included this item.
   *
   * @internal
   */
  receive(pushed: readonly Notification[]): boolean {
    const held = new Set(this.#state.items.map(({ id }) => id));
    const state = receive(this.#state, pushed);
    const fresh = state.items.filter(({ id }) => !held.has(id));
    // An item pushed before the first list loads belongs to that list. It is not an arrival.
    const { reaches, generation } = this.#state;
    const isNews = fresh.length > 0 && (reaches.all.kind !== 'nothing' || generation > 0);
    const arrivals = { turn: this.#status.arrivals.turn + 1, items: fresh };
    this.#publish(state, isNews ? { ...this.#status, arrivals } : this.#status);
    const { readUpTo, seenUpTo } = state;
    const upTo = readUpTo > (seenUpTo?.upTo ?? '') ? readUpTo : (seenUpTo?.upTo ?? '');
    return fresh.some((item) => item.id <= upTo && isUnread(item));
  }

  /**
   * Apply an `inbox` event. Returns whether to reload the list, because the event does not list all
   * its changes, or changes an item that is not held but should be shown.
   *
   * @internal
   */
  applyInboxEvent(event: InboxEvent): boolean {
    const isUnclear = event.readUpTo !== null || isSweepUnclear(this.#state, event);
    const state = applyInboxEvent(overtake(this.#state, event), event);
    const isErased = state.generation !== this.#state.generation;
    // Erased notifications must no longer be announced either.
    const { turn } = this.#status.arrivals;
    const status = isErased ? { ...this.#status, arrivals: { turn, items: [] } } : this.#status;
    this.#publish(state, status);
    return isErased || isUnclear || needsReload(state, event.changed);
  }

  /** @internal */
  beginRequest(filter: Filter, below?: string): Request {
    const [state, request] = beginRequest(this.#state, filter, below);
    this.#state = state;
    return request;
  }

  /**
   * Take in a page. Returns whether to reload the list, for one of two reasons. The server may have
   * read the page before an event added an item to the list; then the page lacks the item. Or
   * everything was seen during the request; then it is unclear whether that included the page's
   * unseen items.
   *
   * @internal
   */
  applyPage(request: Request, page: Page): boolean {
    this.change((state) => applyPage(state, request, page));
    const seenUpTo = this.#state.sinceRequest.allSeen?.upTo ?? '';
    return (
      page.items.some((row) => row.id <= seenUpTo && isUnseen(row)) ||
      needsReload(this.#state, changesSinceRequest(this.#state))
    );
  }

  /**
   * Forget everything about the shopper.
   *
   * @internal
   */
  reset(): void {
    this.#publish(EMPTY_STATE, INITIAL_STATUS);
  }

  #publish(state: InboxState, status: InboxStatus): void {
    const isSameView = state === this.#state && status.filter === this.#status.filter;
    const list = isSameView ? this.#snapshot : viewOf(state, status.filter);
    this.#state = state;
    this.#status = status;
    this.#snapshot = { ...list, ...status, connection: connectivityOf(status) };
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        // A listener may be the host's. Only report its error, as the browser does for an event:
        // otherwise it would end whatever changed the store, such as the queue of the lists.
        reportError(error);
      }
    }
  }
}
