import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idOf, notification } from '../../testing/notifications';
import {
  isUnread,
  isUnseen,
  readItem,
  type Change,
  type InboxEvent,
  type Notification,
  type Page,
} from '../notification';
import { InboxStore } from './inbox-store';
import { isOpenBelow, type Request } from './page';
import { isWithin } from './state';

const AT = '2026-01-01T00:00:00.000Z';
const PAGE_SIZE = 3;
const READ_AT_ONCE = 4;

type Deed = 'read' | 'unread' | 'archive' | 'supersede';

/**
 * A server, and a client connected to it all the time. What the server sends is under way until the
 * client gets it: events in order, pushes in any order and more than once, one list request at a
 * time, whose answer is made at one moment and arrives at another.
 */
class World {
  readonly store = new InboxStore();
  #items: Notification[] = [];
  #created = 0;
  #pushes: Notification[] = [];
  #pushed: Notification[] = [];
  #events: InboxEvent[] = [];
  #request:
    { readonly request: Request; readonly cursor: string | undefined; page?: Page } | undefined;
  #refreshing: Request | undefined;
  #isRefreshDue = false;
  #told: InboxEvent[] = [];
  #moment = 0;

  create(): void {
    const item = notification((this.#created += 1));
    this.#items.unshift(item);
    this.#pushes.push(item);
  }

  /** Another device does something to the nth of the items. */
  act(deed: Deed, nth: number): void {
    const item = this.#items[nth % Math.max(1, this.#items.length)];
    if (!item) return;
    const { id, seen_at, read_at, archived_at } = item;
    if (deed === 'supersede') this.create(); // what supersedes it
    // All marks as they are after it, as the producer tells them.
    const now = { id, seen_at, read_at, archived_at };
    const change: Change = {
      read: { ...now, read_at: AT, seen_at: AT },
      unread: { ...now, read_at: null },
      archive: { ...now, archived_at: AT },
      supersede: { ...now, superseded_by: idOf(this.#created) },
    }[deed];
    const { superseded_by, ...marks } = change;
    this.#items = this.#items.flatMap((each) => {
      if (each !== item) return each;
      return superseded_by === undefined ? { ...each, ...marks } : [];
    });
    this.#tell({ changed: [change] });
  }

  /** Another device reads all; this is the oldest part of it. The event names only the newest. */
  readAll(): void {
    const unread = this.#items.filter(isUnread).slice(-READ_AT_ONCE);
    const [newest] = unread;
    if (!newest) return;
    const at = this.#nextMoment();
    this.#items = this.#items.map((item) => (unread.includes(item) ? readItem(item, at) : item));
    const changed = unread.slice(0, 2).map((item) => readItem(item, at));
    this.#tell({ at, changed, readUpTo: newest.id });
  }

  erase(): void {
    this.#items = [];
    this.#pushes = [];
    this.#pushed = [];
    this.#tell({ erased: true });
  }

  deliverPush(nth: number): void {
    const [item] = this.#pushes.splice(nth % Math.max(1, this.#pushes.length), 1);
    if (!item) return;
    this.#pushed.push(item);
    this.store.receive([item]);
  }

  repeatPush(nth: number): void {
    const item = this.#pushed[nth % Math.max(1, this.#pushed.length)];
    if (item) this.store.receive([item]);
  }

  deliverEvent(): void {
    const event = this.#events.shift();
    if (!event) return;
    this.#told.push(event);
    this.store.applyInboxEvent(event);
    this.#isRefreshDue ||= event.erased || event.readUpTo !== null;
  }

  /** The log is delivered at least once: so are its events. */
  repeatEvent(nth: number): void {
    const event = this.#told[nth % Math.max(1, this.#told.length)];
    if (event) this.store.applyInboxEvent(event);
  }

  /** The next step of the list request under way, or a new one. */
  stepRequest(more: boolean): void {
    if (!this.#request) this.#send(more);
    else if (!this.#request.page) this.#request.page = this.#page(this.#request.cursor);
    else this.#respond(this.#request.request, this.#request.page);
  }

  /** Everything that is under way arrives. */
  drain(): void {
    while (this.#request) this.stepRequest(false);
    while (this.#events.length > 0) this.deliverEvent();
    while (this.#pushes.length > 0) this.deliverPush(0);
    if (this.#isRefreshDue || this.store.state.reach.kind === 'nothing') this.refresh();
  }

  /** As `Inbox` does after each connect. */
  refresh(): void {
    let page = this.#page(undefined);
    this.store.applyPage(this.store.beginRequest(), page);
    while (page.nextCursor !== null && isOpenBelow(this.store.state.reach, page)) {
      const request = this.store.beginRequest(page.items.at(-1)?.id);
      page = this.#page(page.nextCursor);
      this.store.applyPage(request, page);
    }
  }

  feed(): readonly Notification[] {
    return this.#items.filter((item) => item.archived_at === null);
  }

  counts() {
    return {
      unread: this.#items.filter(isUnread).length,
      unseen: this.#items.filter(isUnseen).length,
    };
  }

  #nextMoment(): string {
    return new Date((this.#moment += 1)).toISOString();
  }

  #tell(told: Partial<InboxEvent>): void {
    const nothing = { at: this.#nextMoment(), changed: [], readUpTo: null, erased: false };
    this.#events.push({ counts: this.counts(), ...nothing, ...told });
  }

  #send(more: boolean): void {
    const { reach } = this.store.state;
    const isMore = more && reach.kind === 'partial' && !this.#isRefreshDue;
    const [cursor, below] = isMore ? [reach.cursor, reach.lastId] : [];
    if (!isMore) this.#isRefreshDue = false;
    this.#request = { request: this.store.beginRequest(below), cursor };
  }

  #respond(request: Request, page: Page): void {
    this.store.applyPage(request, page);
    this.#request = undefined;
    // As `Inbox` does: what had been opened further down is loaded anew as well.
    const isRefresh = request.below === undefined || request === this.#refreshing;
    if (!isRefresh || page.nextCursor === null || !isOpenBelow(this.store.state.reach, page))
      return;
    this.#refreshing = this.store.beginRequest(page.items.at(-1)?.id);
    this.#request = { request: this.#refreshing, cursor: page.nextCursor };
  }

  #page(cursor: string | undefined): Page {
    const rest = this.feed().filter(({ id }) => cursor === undefined || id < cursor);
    const items = rest.slice(0, PAGE_SIZE);
    const nextCursor = rest.length > PAGE_SIZE ? (items.at(-1)?.id ?? null) : null;
    return { items, nextCursor, counts: this.counts() };
  }
}

const nth = fc.nat({ max: 20 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constant((world: World) => {
      world.create();
    }),
  },
  {
    weight: 4,
    arbitrary: nth.map((n) => (world: World) => {
      world.deliverPush(n);
    }),
  },
  {
    weight: 1,
    arbitrary: nth.map((n) => (world: World) => {
      world.repeatPush(n);
    }),
  },
  {
    weight: 5,
    arbitrary: fc.boolean().map((more) => (world: World) => {
      world.stepRequest(more);
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constant((world: World) => {
      world.deliverEvent();
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom<Deed[]>('read', 'unread', 'archive', 'supersede'), nth)
      .map(([deed, n]) => (world: World) => {
        world.act(deed, n);
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constant((world: World) => {
      world.readAll();
    }),
  },
  {
    weight: 1,
    arbitrary: nth.map((n) => (world: World) => {
      world.repeatEvent(n);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant((world: World) => {
      world.erase();
    }),
  },
);

it('any order of pushes, repeats, list pages and inbox events ends in the server’s list and counts', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 8 }),
      fc.array(step, { maxLength: 60, size: 'max' }),
      (older, steps) => {
        const world = new World();
        for (let n = 0; n < older; n += 1) world.create();
        for (const take of steps) {
          take(world);
          const shown = world.store.getSnapshot().items.map(({ id }) => id);
          expect(shown).toEqual([...new Set(shown)].sort().reverse());
        }
        world.drain();

        const { reach } = world.store.state;
        const loaded = world.feed().filter(({ id }) => isWithin(reach, id));
        expect(world.store.getSnapshot().items).toEqual(loaded);
        if (reach.kind === 'everything')
          expect(world.store.getSnapshot().counts).toEqual(world.counts());

        world.refresh();
        expect(world.store.getSnapshot().items).toEqual(
          world.feed().filter(({ id }) => isWithin(world.store.state.reach, id)),
        );
        expect(world.store.getSnapshot().counts).toEqual(world.counts());
      },
    ),
    { numRuns: 3000 },
  );
});
