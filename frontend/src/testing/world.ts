import { applyAction, type Action, type Marking, type Sweeping } from '../inbox/domain/action';
import {
  categoryOf,
  isListed,
  isUnread,
  isUnseen,
  type ByCategory,
  type Counts,
  type Filter,
  type InboxEvent,
  type Notification,
  type Page,
} from '../inbox/domain/notification';
import { needsRecount } from '../inbox/store/base';
import { InboxStore } from '../inbox/store/inbox-store';
import { closeBelow, isOpenBelow, type Request } from '../inbox/store/page';
import { begin, confirm, takeBack } from '../inbox/store/pending';
import { forgetReach, reachOf, type PartialReach } from '../inbox/store/state';
import { idOf, notification, timeOf } from './notifications';
import { kindOf, LISTS, marksOf, tally, tallyByCategory } from './tally';
import type { ListRequest, SentAction } from './under-way';

const PAGE_SIZE = 3;
const SWEPT_AT_ONCE = 4;
const MAX_CHANGES = 2;
/** A create is committed after this many seconds, unless it was committed earlier. */
const COMMITTED_AFTER = 3;

const pick = <T>(list: readonly T[], nth: number): T | undefined =>
  list[nth % Math.max(1, list.length)];

/**
 * A simulated server, and a client that is always connected to it. Each step of a test delivers
 * something that the server has sent. Events arrive in order. Pushes arrive in any order and more
 * than once. A notification that is being created already has an id and a time, and may become
 * visible after newer ones. There is one list request at a time: the server answers it in one step,
 * and the answer arrives in another. The same applies to the client's actions.
 */
export class World {
  readonly store = new InboxStore();
  /** Whether the list is on the screen, as far down as it is loaded. */
  isOnScreen = true;
  /** Whether requests ask for the counts by category. */
  isCounting = false;
  #items: Notification[] = [];
  #uncommitted: Notification[] = [];
  #pushes: Notification[] = [];
  #pushed: Notification[] = [];
  #events: InboxEvent[] = [];
  #delivered: InboxEvent[] = [];
  #listRequest: ListRequest | undefined;
  #due: Filter[] = ['all'];
  #sent: SentAction[] = [];
  #actionCount = 0;
  #moment = 0;
  #hasExpired = false;

  create(): void {
    const n = this.#tick();
    this.#uncommitted.push(notification(n, { type: kindOf(n) }));
  }

  /** Let the nth notification that is being created become visible. */
  commit(nth: number): Notification | undefined {
    const [item] = this.#uncommitted.splice(nth % Math.max(1, this.#uncommitted.length), 1);
    if (!item) return undefined;
    this.#items = [item, ...this.#items].sort((a, b) => (a.id < b.id ? 1 : -1));
    this.#pushes.push(item);
    return item;
  }

  /** Let another device perform an action on the nth item. */
  mark(kind: Marking, nth: number): void {
    const item = pick(this.#items, nth);
    if (item) this.#perform(this.#action(kind, item.id));
  }

  /**
   * Let another device mark the oldest items as read or seen. The event names only some of them.
   */
  sweep(kind: Sweeping): void {
    const isAffected = kind === 'read-all' ? isUnread : isUnseen;
    const newest =
      this.#items.filter(isAffected).at(-SWEPT_AT_ONCE) ?? this.#items.find(isAffected);
    if (newest) this.#perform(this.#action(kind, newest.id));
  }

  supersede(nth: number): void {
    const item = pick(this.#items, nth);
    if (!item) return;
    this.create();
    const newer = this.commit(this.#uncommitted.length - 1);
    if (!newer) return;
    this.#items = this.#items.filter((other) => other !== item);
    this.#sendEvent({ changed: [{ ...marksOf(item), superseded_by: newer.id }] }, [item, newer]);
  }

  /** Let the shop take back the nth item. Its push may still be on its way. */
  withdraw(nth: number): void {
    const item = pick(this.#items, nth);
    if (!item) return;
    this.#items = this.#items.filter((other) => other !== item);
    this.#sendEvent({ changed: [{ ...marksOf(item), withdrawn: true }] }, [item]);
  }

  /** Let the nth item expire. The server no longer lists it, and sends no event about it. */
  expire(nth: number): void {
    const item = pick(this.#items, nth);
    if (!item) return;
    this.#items = this.#items.filter((other) => other !== item);
    this.#hasExpired = true;
  }

  /** Ask for the lists, as `Expiry` does when its clock says so, which may be wrong. */
  askAboutExpired(): void {
    this.#refreshSoon();
  }

  /** Ask for the counts by category from now on, as `Lists` does when the tabs are shown. */
  countCategories(): void {
    if (this.isCounting) return;
    this.isCounting = true;
    this.#refreshSoon();
  }

  erase(): void {
    this.#items = [];
    this.#uncommitted = [];
    this.#pushes = [];
    this.#pushed = [];
    this.#sendEvent({ erased: true });
  }

  /** Perform an action of this client's shopper on the nth item shown. */
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
    this.store.changeStatus({ filter });
    if (reachOf(this.store.state, filter).kind === 'nothing') this.#due.push(filter);
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
  stepRequest(loadsMore: boolean): void {
    if (!this.#listRequest) this.#startRequest(loadsMore);
    else if (!this.#listRequest.page) this.#listRequest.page = this.#page(this.#listRequest);
    else this.#respond(this.#listRequest, this.#listRequest.page);
  }

  /** Deliver everything that has been sent. */
  drain(): void {
    this.#commitAll();
    while (this.#sent.length > 0) this.stepAction(false);
    while (this.#listRequest) this.stepRequest(false);
    while (this.#events.length > 0) this.deliverEvent();
    while (this.#pushes.length > 0) this.deliverPush(0);
    if (this.#hasExpired) this.askAboutExpired();
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

  counts(): Counts {
    return tally(this.#items);
  }

  byCategory(): ByCategory {
    return tallyByCategory(this.#items);
  }

  #commitAll(): void {
    while (this.#uncommitted.length > 0) this.commit(0);
  }

  #finishRequests(): void {
    while (this.#listRequest || this.#due.length > 0 || needsRecount(this.store.state))
      this.stepRequest(false);
  }

  /** Let a second pass, and return its number. Commits the creates that have waited too long. */
  #tick(): number {
    this.#moment += 1;
    while (this.#uncommitted[0] && this.#uncommitted[0].id <= idOf(this.#moment - COMMITTED_AFTER))
      this.commit(0);
    return this.#moment;
  }

  #action(kind: Marking | Sweeping, id: string): Action {
    const key = String((this.#actionCount += 1));
    const at = `mine ${key}`;
    if (kind === 'read-all' || kind === 'seen-all') return { key, at, kind, upTo: id };
    return { key, at, kind, id };
  }

  #send(action: Action): void {
    this.store.change((state) => begin(state, action));
    this.#sent.push({ action });
  }

  /** Perform the action on the server, by its own clock. Sends an event if anything changed. */
  #perform(action: Action): { item: Notification | undefined } | null {
    // A sweep leaves out a notification that is still being created. The client would guess that
    // the sweep included it, and an action on it would keep this guess. So commit all of them
    // first.
    if (action.kind === 'seen-all') this.#commitAll();
    const at = timeOf(this.#moment + 1);
    const before = this.#items;
    this.#items = before.map((item) => applyAction(item, { ...action, at }));
    const changed = this.#items.filter((item, index) => item !== before[index]);
    if (changed.length > 0) this.#sendEvent(this.#eventOf(action, changed), changed);
    if ('upTo' in action) return { item: undefined };
    const item = this.#items.find(({ id }) => id === action.id);
    return item ? { item } : null;
  }

  #eventOf(action: Action, changed: Notification[]): Partial<InboxEvent> {
    const marks = changed.map(marksOf);
    if (!('upTo' in action)) return { changed: marks };
    const upTo = changed[0]?.id ?? '';
    const swept = action.kind === 'read-all' ? { readUpTo: upTo } : { seenUpTo: upTo };
    return { changed: marks.slice(0, MAX_CHANGES), ...swept };
  }

  /** Send an event about these items. Some events lack the counts of their categories. */
  #sendEvent(event: Partial<InboxEvent>, about: readonly Notification[] = []): void {
    const n = this.#tick();
    const nothing = { at: timeOf(n), changed: [], readUpTo: null, seenUpTo: null, erased: false };
    const categories = [...new Set(about.map(({ type }) => categoryOf(type)))];
    const byCategory = tallyByCategory(this.#items, categories);
    const counts = { counts: this.counts(), ...(n % 7 > 0 && { byCategory }) };
    this.#events.push({ ...counts, ...nothing, ...event });
  }

  #refreshSoon(): void {
    if (this.#due[0] !== 'all') this.#due.unshift('all');
  }

  #startRequest(loadsMore: boolean): void {
    const shown = this.store.getSnapshot().filter;
    const due = this.#due.shift();
    if (due === 'all') this.#forgetOthers(shown);
    if (due === undefined && needsRecount(this.store.state)) {
      // Ask for the first page of `all`, as `Lists` does, to be sure of the counts again.
      this.#listRequest = this.#requested(this.store.beginRequest('all'), undefined, false);
      return;
    }
    const more = due === undefined && loadsMore ? this.#cursorOf(shown) : undefined;
    const request = this.store.beginRequest(due ?? shown, more?.lastId);
    this.#listRequest = this.#requested(request, more?.cursor, !more);
  }

  #forgetOthers(shown: Filter): void {
    for (const filter of LISTS)
      if (filter !== 'all' && filter !== shown)
        this.store.change((state) => forgetReach(state, filter));
    if (shown !== 'all') this.#due.unshift(shown);
  }

  #cursorOf(filter: Filter): PartialReach | undefined {
    const reach = reachOf(this.store.state, filter);
    return reach.kind === 'partial' ? reach : undefined;
  }

  #respond({ request, isRefresh }: ListRequest, page: Page): void {
    const { filter } = request;
    if (this.store.applyPage(request, page)) this.#refreshSoon();
    this.#listRequest = undefined;
    // As `Lists` does, also reload the part that was loaded further down, if it is on the screen.
    if (!isRefresh || page.nextCursor === null) return;
    if (!isOpenBelow(reachOf(this.store.state, filter), page)) return;
    if (!this.isOnScreen) {
      this.store.change((state) => closeBelow(state, filter, page));
      return;
    }
    const below = this.store.beginRequest(filter, page.items.at(-1)?.id);
    this.#listRequest = this.#requested(below, page.nextCursor, isRefresh);
  }

  #requested(request: Request, cursor: string | undefined, isRefresh: boolean): ListRequest {
    return { request, cursor, isRefresh, isCounting: this.isCounting };
  }

  #page({ request, cursor, isCounting }: ListRequest): Page {
    const rest = this.listed(request.filter).filter(
      ({ id }) => cursor === undefined || id < cursor,
    );
    const items = rest.slice(0, PAGE_SIZE);
    const nextCursor = rest.length > PAGE_SIZE ? (items.at(-1)?.id ?? null) : null;
    const byCategory = isCounting ? { byCategory: this.byCategory() } : {};
    return { items, nextCursor, counts: this.counts(), ...byCategory };
  }
}
