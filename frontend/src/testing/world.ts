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
import { applyAction, type Action, type Marking, type Sweeping } from '../inbox/domain/action';
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
  /** Once the server has had it: `null` where it refuses, else perhaps the notification after it. */
  answer?: { readonly item: Notification | undefined } | null;
}

const pick = <T>(list: readonly T[], nth: number): T | undefined =>
  list[nth % Math.max(1, list.length)];

/**
 * A server, and a client connected to it all the time. What the server sends is under way until the
 * client gets it: events in order, pushes in any order and more than once, one list request at a
 * time, whose answer is made at one moment and arrives at another. So do the client's own actions
 * arrive at the server, and its answers here.
 */
export class World {
  readonly store = new InboxStore();
  #items: Notification[] = [];
  #created = 0;
  #pushes: Notification[] = [];
  #pushed: Notification[] = [];
  #events: InboxEvent[] = [];
  #told: InboxEvent[] = [];
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

  /** Another device reads or sees all; this is the oldest part of it. The event names only the newest. */
  sweep(kind: Sweeping): void {
    const isMeant = kind === 'read-all' ? isUnread : isUnseen;
    const newest = this.#items.filter(isMeant).at(-AT_ONCE) ?? this.#items.find(isMeant);
    if (newest) this.#perform(this.#action(kind, newest.id));
  }

  supersede(nth: number): void {
    const item = pick(this.#items, nth);
    if (!item) return;
    this.create();
    this.#items = this.#items.filter((each) => each !== item);
    const { id, seen_at, read_at, archived_at } = item;
    const newer = this.#items[0]?.id ?? '';
    this.#tell({ changed: [{ id, seen_at, read_at, archived_at, superseded_by: newer }] });
  }

  erase(): void {
    this.#items = [];
    this.#pushes = [];
    this.#pushed = [];
    this.#tell({ erased: true });
  }

  /** The shopper does something here to the nth of what is shown. */
  act(kind: Marking, nth: number): void {
    const item = pick(this.store.getSnapshot().items, nth);
    if (item) this.#send(this.#action(kind, item.id));
  }

  actOnAll(kind: Sweeping): void {
    const upTo = this.store.state.items[0]?.id;
    if (upTo !== undefined) this.#send(this.#action(kind, upTo));
  }

  /** The oldest action's next step: the server does it, or refuses; its answer arrives. */
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

  /** The shopper looks at another list, as `Lists` shows it. */
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
    this.#told.push(event);
    if (this.store.applyInboxEvent(event)) this.#refreshSoon();
    if (event.erased) this.#sent = [];
  }

  /** The log is delivered at least once: so are its events. */
  repeatEvent(nth: number): void {
    const event = pick(this.#told, nth);
    if (event) this.store.applyInboxEvent(event);
  }

  /** The next step of the list request under way, or a new one. */
  stepRequest(more: boolean): void {
    if (!this.#asked) this.#ask(more);
    else if (!this.#asked.page)
      this.#asked.page = this.#page(this.#asked.request.filter, this.#asked.cursor);
    else this.#respond(this.#asked, this.#asked.page);
  }

  /** Everything that is under way arrives. */
  drain(): void {
    while (this.#sent.length > 0) this.stepAction(false);
    while (this.#asked) this.stepRequest(false);
    while (this.#events.length > 0) this.deliverEvent();
    while (this.#pushes.length > 0) this.deliverPush(0);
    this.#finishRequests();
  }

  /** As `Lists` does after each connect. */
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

  /** The server does it, in one moment of its own, and tells of it if it has changed anything. */
  #perform(action: Action): { item: Notification | undefined } | null {
    const at = new Date(this.#moment + 1).toISOString();
    const before = this.#items;
    this.#items = before.map((item) => applyAction(item, { ...action, at }));
    const changed = this.#items.filter((item, index) => item !== before[index]);
    if (changed.length > 0) this.#tell(this.#toldOf(action, changed));
    if ('upTo' in action) return { item: undefined };
    const item = this.#items.find(({ id }) => id === action.id);
    return item ? { item } : null;
  }

  #toldOf(action: Action, changed: Notification[]): Partial<InboxEvent> {
    const marks = changed.map(({ id, seen_at, read_at, archived_at }): Change => {
      return { id, seen_at, read_at, archived_at };
    });
    if (!('upTo' in action)) return { changed: marks };
    const upTo = changed[0]?.id ?? '';
    const swept = action.kind === 'read-all' ? { readUpTo: upTo } : { seenUpTo: upTo };
    return { changed: marks.slice(0, NAMED), ...swept };
  }

  #tell(told: Partial<InboxEvent>): void {
    const at = new Date((this.#moment += 1)).toISOString();
    const nothing = { at, changed: [], readUpTo: null, seenUpTo: null, erased: false };
    this.#events.push({ counts: this.counts(), ...nothing, ...told });
  }

  #refreshSoon(): void {
    if (this.#due[0] !== 'all') this.#due.unshift('all');
  }

  #ask(more: boolean): void {
    const shown = this.store.getSnapshot().filter;
    const reach = this.store.state.reaches[shown];
    const due = this.#due.shift();
    if (due === 'all') {
      for (const each of FILTERS)
        if (each !== 'all' && each !== shown)
          this.store.change((state) => forgetReach(state, each));
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
    // As `Lists` does: what had been opened further down is loaded anew as well.
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
