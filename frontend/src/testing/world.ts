import { applyAction, type Action, type Marking, type Sweeping } from '../inbox/domain/action';
import {
  FILTERS,
  isListed,
  isUnread,
  isUnseen,
  type Change,
  type Filter,
  type InboxEvent,
  type Notification,
  type Page,
} from '../inbox/domain/notification';
import { InboxStore } from '../inbox/store/inbox-store';
import { isOpenBelow, type Request } from '../inbox/store/page';
import { begin, confirm, takeBack } from '../inbox/store/pending';
import { forgetReach } from '../inbox/store/state';
import { notification } from './notifications';

const PAGE_SIZE = 3;
const AT_ONCE = 4;
const NAMED = 2;

interface Asked {
  readonly request: Request;
  readonly cursor: string | undefined;
  readonly isRefresh: boolean;
  page?: Page;
}

interface Sent {
  readonly action: Action;
  /** Set when the server has received the action: null if it refuses, else its answer. */
  answer?: { readonly item: Notification | undefined } | null;
}

const pick = <T>(list: readonly T[], nth: number): T | undefined =>
  list[nth % Math.max(1, list.length)];

/**
 * A simulated server, and a client that is always connected to it. What the server sends is under
 * way until a step delivers it. Events arrive in order; pushes arrive in any order and more than
 * once. There is one list request at a time, and its answer is made in one step and arrives in
 * another. The same holds for the client's own actions and their answers.
 */
export class World {
  readonly store = new InboxStore();
  #items: Notification[] = [];
  #created = 0;
  #pushes: Notification[] = [];
  #pushed: Notification[] = [];
  #events: InboxEvent[] = [];
  #delivered: InboxEvent[] = [];
  #asked: Asked | undefined;
  #due: Filter[] = ['all'];
  #sent: Sent[] = [];
  #acted = 0;
  #moment = 0;

  create(): void {
    const item = notification((this.#created += 1));
    this.#items.unshift(item);
    this.#pushes.push(item);
  }

  /** Another device does something to the nth of the items. */
  mark(kind: Marking, nth: number): void {
    const item = pick(this.#items, nth);
    if (item) this.#perform(this.#action(kind, item.id));
  }

  /**
   * Another device marks all as read or seen; this is the oldest part. The event names few items.
   */
  sweep(kind: Sweeping): void {
    const isMeant = kind === 'read-all' ? isUnread : isUnseen;
    const newest = this.#items.filter(isMeant).at(-AT_ONCE) ?? this.#items.find(isMeant);
    if (newest) this.#perform(this.#action(kind, newest.id));
  }

  supersede(nth: number): void {
    const item = pick(this.#items, nth);
    if (!item) return;
    this.create();
    this.#items = this.#items.filter((other) => other !== item);
    const { id, seen_at, read_at, archived_at } = item;
    const newer = this.#items[0]?.id ?? '';
    this.#sendEvent({ changed: [{ id, seen_at, read_at, archived_at, superseded_by: newer }] });
  }

  erase(): void {
    this.#items = [];
    this.#pushes = [];
    this.#pushed = [];
    this.#sendEvent({ erased: true });
  }

  /** The shopper does something on this client to the nth item shown. */
  act(kind: Marking, nth: number): void {
    const item = pick(this.store.getSnapshot().items, nth);
    if (item) this.#send(this.#action(kind, item.id));
  }

  actOnAll(kind: Sweeping): void {
    const upTo = this.store.state.items[0]?.id;
    if (upTo !== undefined) this.#send(this.#action(kind, upTo));
  }

  /** Take the oldest action one step further: the server answers it, or the answer arrives. */
  stepAction(isRefused: boolean): void {
    const [sent] = this.#sent;
    if (!sent) return;
    const { action, answer } = sent;
    if (answer === undefined) {
      sent.answer = isRefused ? null : this.#perform(action);
      return;
    }
    this.#sent.shift();
    this.store.change((state) =>
      answer ? confirm(state, action, answer.item) : takeBack(state, action.key),
    );
  }

  /** Show another list, as `Lists` does. */
  show(filter: Filter): void {
    if (this.store.getSnapshot().filter === filter) return;
    this.store.setStatus({ filter });
    if (this.store.state.reaches[filter].kind === 'nothing') this.#due.push(filter);
  }

  deliverPush(nth: number): void {
    const [item] = this.#pushes.splice(nth % Math.max(1, this.#pushes.length), 1);
    if (!item) return;
    this.#pushed.push(item);
    if (this.store.receive([item])) this.#refreshSoon();
  }

  repeatPush(nth: number): void {
    const item = pick(this.#pushed, nth);
    if (item && this.store.receive([item])) this.#refreshSoon();
  }

  deliverEvent(): void {
    const event = this.#events.shift();
    if (!event) return;
    this.#delivered.push(event);
    if (this.store.applyInboxEvent(event)) this.#refreshSoon();
    if (event.erased) this.#sent = [];
  }

  /** Deliver an event again, because the log delivers at least once. */
  repeatEvent(nth: number): void {
    const event = pick(this.#delivered, nth);
    if (event) this.store.applyInboxEvent(event);
  }

  /** Take the list request one step further, or start one. */
  stepRequest(more: boolean): void {
    if (!this.#asked) this.#ask(more);
    else if (!this.#asked.page)
      this.#asked.page = this.#page(this.#asked.request.filter, this.#asked.cursor);
    else this.#respond(this.#asked, this.#asked.page);
  }

  /** Deliver everything that is under way. */
  drain(): void {
    while (this.#sent.length > 0) this.stepAction(false);
    while (this.#asked) this.stepRequest(false);
    while (this.#events.length > 0) this.deliverEvent();
    while (this.#pushes.length > 0) this.deliverPush(0);
    this.#finishRequests();
  }

  /** Reload the lists, as `Lists` does after each connect. */
  refresh(): void {
    this.#refreshSoon();
    this.#finishRequests();
  }

  listed(filter: Filter): readonly Notification[] {
    return this.#items.filter((item) => isListed(filter, item));
  }

  counts() {
    return {
      unread: this.#items.filter(isUnread).length,
      unseen: this.#items.filter(isUnseen).length,
    };
  }

  #finishRequests(): void {
    while (this.#asked || this.#due.length > 0) this.stepRequest(false);
  }

  #action(kind: Marking | Sweeping, id: string): Action {
    const key = String((this.#acted += 1));
    const at = `mine ${key}`;
    if (kind === 'read-all' || kind === 'seen-all') return { key, at, kind, upTo: id };
    return { key, at, kind, id };
  }

  #send(action: Action): void {
    this.store.change((state) => begin(state, action));
    this.#sent.push({ action });
  }

  /** The server does the action at a time of its own, and sends an event if it changed anything. */
  #perform(action: Action): { item: Notification | undefined } | null {
    const at = new Date(this.#moment + 1).toISOString();
    const before = this.#items;
    this.#items = before.map((item) => applyAction(item, { ...action, at }));
    const changed = this.#items.filter((item, index) => item !== before[index]);
    if (changed.length > 0) this.#sendEvent(this.#eventOf(action, changed));
    if ('upTo' in action) return { item: undefined };
    const item = this.#items.find(({ id }) => id === action.id);
    return item ? { item } : null;
  }

  #eventOf(action: Action, changed: Notification[]): Partial<InboxEvent> {
    const marks = changed.map(({ id, seen_at, read_at, archived_at }): Change => {
      return { id, seen_at, read_at, archived_at };
    });
    if (!('upTo' in action)) return { changed: marks };
    const upTo = changed[0]?.id ?? '';
    const swept = action.kind === 'read-all' ? { readUpTo: upTo } : { seenUpTo: upTo };
    return { changed: marks.slice(0, NAMED), ...swept };
  }

  #sendEvent(event: Partial<InboxEvent>): void {
    const at = new Date((this.#moment += 1)).toISOString();
    const nothing = { at, changed: [], readUpTo: null, seenUpTo: null, erased: false };
    this.#events.push({ counts: this.counts(), ...nothing, ...event });
  }

  #refreshSoon(): void {
    if (this.#due[0] !== 'all') this.#due.unshift('all');
  }

  #ask(more: boolean): void {
    const shown = this.store.getSnapshot().filter;
    const reach = this.store.state.reaches[shown];
    const due = this.#due.shift();
    if (due === 'all') {
      for (const filter of FILTERS)
        if (filter !== 'all' && filter !== shown)
          this.store.change((state) => forgetReach(state, filter));
      if (shown !== 'all') this.#due.unshift(shown);
    }
    const isMore = due === undefined && more && reach.kind === 'partial';
    const [cursor, below] = isMore ? [reach.cursor, reach.lastId] : [];
    const request = this.store.beginRequest(due ?? shown, below);
    this.#asked = { request, cursor, isRefresh: !isMore };
  }

  #respond({ request, isRefresh }: Asked, page: Page): void {
    const { filter } = request;
    if (this.store.applyPage(request, page)) this.#refreshSoon();
    this.#asked = undefined;
    // As `Lists` does: also reload the part that was loaded further down.
    if (!isRefresh || page.nextCursor === null) return;
    if (!isOpenBelow(this.store.state.reaches[filter], page)) return;
    const below = this.store.beginRequest(filter, page.items.at(-1)?.id);
    this.#asked = { request: below, cursor: page.nextCursor, isRefresh };
  }

  #page(filter: Filter, cursor: string | undefined): Page {
    const rest = this.listed(filter).filter(({ id }) => cursor === undefined || id < cursor);
    const items = rest.slice(0, PAGE_SIZE);
    const nextCursor = rest.length > PAGE_SIZE ? (items.at(-1)?.id ?? null) : null;
    return { items, nextCursor, counts: this.counts() };
  }
}
