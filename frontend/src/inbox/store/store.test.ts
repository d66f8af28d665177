import { describe, expect, it } from 'vitest';
import { idOf, notification } from '../../testing/notifications';
import { AT, event, ids, listed, page, range, unread } from '../../testing/stores';
import { begin, confirm, takeBack } from './pending';

describe('pushes', () => {
  it('are held newest first, and counted', () => {
    const store = listed(page([notification(2)]));
    store.receive([notification(1), notification(3)]);
    expect(ids(store)).toEqual([idOf(3), idOf(2), idOf(1)]);
    expect(unread(store)).toBe(3);
  });

  it('do not undo marks or arrive again when repeated', () => {
    const store = listed(page([notification(1, { read_at: AT, seen_at: AT })], { unread: 0 }));
    store.receive([notification(1, { delivered_at: AT })]);
    expect(store.getSnapshot().items).toMatchObject([{ read_at: AT, delivered_at: AT }]);
    expect(unread(store)).toBe(0);
    expect(store.getSnapshot().arrivals.turn).toBe(0);
  });

  it('below the reach are held, counted once, and shown when the list is loaded that far', () => {
    const store = listed(page(range(9, 8), { cursor: 'c', unread: 4 }));
    store.receive([notification(6)]);
    expect(ids(store)).toEqual([idOf(9), idOf(8)]);
    expect(unread(store)).toBe(4);
    store.applyPage(store.beginRequest('all', idOf(8)), page(range(7, 6), { unread: 4 }));
    expect(ids(store)).toEqual([idOf(9), idOf(8), idOf(7), idOf(6)]);
    expect(unread(store)).toBe(4);
  });

  it('during a list request are neither lost nor counted twice', () => {
    const store = listed();
    const request = store.beginRequest('all');
    store.receive([notification(3), notification(2)]);
    store.applyPage(request, page(range(2, 1)));
    expect(ids(store)).toEqual([idOf(3), idOf(2), idOf(1)]);
    expect(unread(store)).toBe(3);
  });
});

describe('a reloaded list', () => {
  it('drops what the server no longer lists', () => {
    const store = listed(page(range(3, 1)));
    store.applyPage(store.beginRequest('all'), page([notification(3), notification(1)]));
    expect(ids(store)).toEqual([idOf(3), idOf(1)]);
  });

  it('keeps what was loaded further down if there is no gap', () => {
    const store = listed(
      page(range(9, 8), { cursor: 'a' }),
      page(range(7, 6), { cursor: 'b', unread: 6 }),
    );
    store.applyPage(store.beginRequest('all'), page(range(10, 9), { cursor: 'c', unread: 7 }));
    expect(ids(store)).toEqual(range(10, 6).map(({ id }) => id));
    expect(unread(store)).toBe(7);
  });

  it('starts over if something may be missing in between', () => {
    const store = listed(page(range(3, 2), { cursor: 'a' }));
    store.applyPage(store.beginRequest('all'), page(range(9, 8), { cursor: 'b', unread: 9 }));
    expect(ids(store)).toEqual([idOf(9), idOf(8)]);
    expect(store.state.reaches.all).toEqual({ kind: 'partial', cursor: 'b', lastId: idOf(8) });
    expect(unread(store)).toBe(9);
  });

  it('does not undo a change made since the request', () => {
    const store = listed(page(range(2, 1)));
    const request = store.beginRequest('all');
    store.applyInboxEvent(event([{ id: idOf(2), read_at: AT }], 1));
    store.applyPage(request, page(range(2, 1)));
    expect(unread(store)).toBe(1);
  });
});

describe('inbox events', () => {
  it('mark held items as read and as unread', () => {
    const store = listed(page(range(2, 1)));
    store.applyInboxEvent(event([{ id: idOf(1), read_at: AT }], 1));
    expect(unread(store)).toBe(1);
    store.applyInboxEvent(event([{ id: idOf(1), read_at: null }], 2));
    expect(unread(store)).toBe(2);
  });

  it('are remembered for pushes that arrive later', () => {
    const store = listed(page([]));
    store.applyInboxEvent(
      event([
        { id: idOf(1), read_at: AT },
        { id: idOf(2), superseded_by: idOf(3) },
      ]),
    );
    store.receive(range(3, 1));
    expect(ids(store)).toEqual([idOf(3), idOf(1)]);
    expect(unread(store)).toBe(1);
  });

  it('hide archived and superseded items', () => {
    const store = listed(page(range(3, 1)));
    store.applyInboxEvent(
      event(
        [
          { id: idOf(1), archived_at: AT },
          { id: idOf(2), superseded_by: idOf(3) },
        ],
        1,
      ),
    );
    expect(ids(store)).toEqual([idOf(3)]);
    expect(unread(store)).toBe(1);
  });

  it('update the count of items not loaded', () => {
    const store = listed(page(range(9, 8), { cursor: 'c', unread: 5 }));
    store.applyInboxEvent(event([{ id: idOf(1), read_at: AT }], 4));
    expect(unread(store)).toBe(4);
  });

  it('that erase everything invalidate the answers to earlier list requests', () => {
    const store = listed(page(range(2, 1)));
    const request = store.beginRequest('all');
    store.applyInboxEvent(event([], 0, { erased: true }));
    store.applyPage(request, page(range(2, 1)));
    expect(ids(store)).toEqual([]);
    expect(unread(store)).toBe(0);
  });
});

describe('an erasure', () => {
  const erased = event([], 0, { at: AT, erased: true });

  it('clears the arrivals, so that none are announced', () => {
    const store = listed(page([]));
    store.receive([notification(1)]);
    store.applyInboxEvent(erased);
    expect(store.getSnapshot().arrivals).toEqual({ turn: 1, items: [] });
    store.receive([notification(2)]);
    expect(store.getSnapshot().arrivals).toMatchObject({ turn: 2, items: [{ id: idOf(2) }] });
  });

  it('that is repeated removes nothing that arrived after it', () => {
    const store = listed(page([notification(1)]));
    store.applyInboxEvent(erased);
    store.receive([notification(2)]);
    store.applyInboxEvent(erased);
    expect(ids(store)).toEqual([idOf(2)]);
    expect(store.getSnapshot().arrivals.items).toHaveLength(1);
  });
});

describe('an inbox event for "all read"', () => {
  const allRead = event([{ id: idOf(9), read_at: AT, seen_at: AT }], 0, {
    at: AT,
    readUpTo: idOf(9),
  });

  it('also marks items as read that it does not list, loaded or not', () => {
    const store = listed(page(range(9, 7), { cursor: 'c', unread: 100_000 }));
    store.applyInboxEvent(allRead);
    expect(store.getSnapshot().counts).toEqual({ unread: 0, unseen: 0 });
    expect(store.getSnapshot().items.map(({ read_at }) => read_at)).toEqual([AT, AT, AT]);
  });

  it('leaves items above its id counted as unread', () => {
    const store = listed(page(range(9, 7), { cursor: 'c', unread: 20_000 }));
    const oldest = { at: AT, readUpTo: idOf(2) };
    store.applyInboxEvent(event([{ id: idOf(2), read_at: AT, seen_at: AT }], 10_000, oldest));
    expect(unread(store)).toBe(10_000);
  });

  it('does not change later arrivals, archived items, or earlier times', () => {
    const archived = notification(8, { archived_at: AT });
    const seen = notification(7, { seen_at: '2025-01-01T00:00:00.000Z' });
    const store = listed(page([notification(10), notification(9)]));
    store.receive([archived, seen]);
    store.applyInboxEvent(allRead);
    expect(unread(store)).toBe(1);
    expect(store.state.items).toMatchObject([
      { id: idOf(10), read_at: null },
      { id: idOf(9), read_at: AT },
      archived,
      { ...seen, read_at: AT },
    ]);
  });

  it('applies to changes that were remembered for items pushed later', () => {
    const store = listed(page([]));
    store.applyInboxEvent(event([{ id: idOf(2), read_at: null }], 2));
    store.applyInboxEvent(event([{ id: idOf(1), archived_at: AT, read_at: null }], 1));
    store.applyInboxEvent(allRead);
    store.receive([notification(2), notification(1)]);
    expect(store.state.items.map(({ read_at }) => read_at)).toEqual([AT, null]);
  });

  it('is not undone by a list answer from before it', () => {
    const store = listed(page(range(9, 8)));
    const request = store.beginRequest('all');
    store.applyInboxEvent(allRead);
    store.applyPage(request, page(range(9, 7)));
    expect(unread(store)).toBe(0);
  });
});

describe('a repeated event', () => {
  const [first, second] = ['2026-01-01T00:00:00.001Z', '2026-01-01T00:00:00.002Z'];

  it('does not undo a later event', () => {
    const store = listed(page([notification(1)]));
    const read = event([{ id: idOf(1), read_at: AT }], 0, { at: first });
    store.applyInboxEvent(read);
    store.applyInboxEvent(event([{ id: idOf(1), read_at: null }], 1, { at: second }));
    store.applyInboxEvent(read);
    expect(unread(store)).toBe(1);
  });

  it('has no effect after an erasure', () => {
    const store = listed(page([notification(1)]));
    store.applyInboxEvent(event([], 0, { at: second, erased: true }));
    store.applyInboxEvent(event([{ id: idOf(1), read_at: AT }], 0, { at: first }));
    store.receive([notification(1)]);
    expect(unread(store)).toBe(1);
  });
});

describe('marking as read', () => {
  const read = { key: 'k1', kind: 'read', id: idOf(2), at: AT } as const;
  const readAll = { key: 'k2', kind: 'read-all', upTo: idOf(2), at: AT } as const;

  it('shows at once, and a refusal takes all of it back', () => {
    const store = listed(page(range(2, 1)));
    store.change((state) => begin(state, read));
    expect(unread(store)).toBe(1);
    store.change((state) => takeBack(state, read.key));
    expect(unread(store)).toBe(2);
    expect(store.getSnapshot().items[0]?.read_at).toBeNull();
  });

  it('shows the server’s answer once confirmed', () => {
    const store = listed(page(range(2, 1)));
    store.change((state) => begin(state, read));
    const answer = notification(2, { read_at: '2026-02-02T00:00:00.000Z' });
    store.change((state) => confirm(state, read, answer));
    expect(store.getSnapshot().items[0]).toEqual(answer);
  });

  it('of all includes items not loaded, but not arrivals after the click', () => {
    const store = listed(page(range(2, 1), { cursor: 'c', unread: 40 }));
    store.change((state) => begin(state, readAll));
    store.receive([notification(3)]);
    expect(unread(store)).toBe(1);
    store.change((state) => confirm(state, readAll, undefined));
    expect(unread(store)).toBe(1);
    expect(ids(store)).toHaveLength(3);
  });

  it('of all is taken back without losing arrivals in the meantime', () => {
    const store = listed(page(range(2, 1), { cursor: 'c', unread: 40 }));
    store.change((state) => begin(state, readAll));
    store.receive([notification(3)]);
    store.change((state) => takeBack(state, readAll.key));
    expect(unread(store)).toBe(41);
  });
});

it('never counts less than the list shows, whatever the server sends', () => {
  const store = listed(page(range(3, 1), { cursor: 'c', unread: 0, unseen: 0 }));
  store.applyInboxEvent(event([{ id: idOf(0), read_at: AT }], 0));
  expect(store.getSnapshot().counts).toEqual({ unread: 3, unseen: 3 });
});

it('returns the same snapshot until something changes, as React requires', () => {
  const store = listed(page(range(2, 1)));
  expect(store.getSnapshot()).toBe(store.getSnapshot());
});
