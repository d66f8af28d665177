import { describe, expect, it } from 'vitest';
import { idOf, notification, timeOf } from '../../testing/notifications';
import { AT, event, ids, listed, page, range, unread } from '../../testing/stores';
import { begin, confirm } from './pending';

describe('the list of the unread', () => {
  it('removes nothing from the list `all`, because an event will report what was read', () => {
    const store = listed(page(range(3, 1)));
    const request = store.beginRequest('unread');
    store.applyPage(request, page([notification(3), notification(1)], { unread: 2 }));
    expect(ids(store)).toEqual(range(3, 1).map(({ id }) => id));
  });

  it('drops items that have left it, below the reach of the list `all`', () => {
    const store = listed(page([notification(9)], { cursor: 'c', unread: 4 }));
    store.changeStatus({ filter: 'unread' });
    store.applyPage(store.beginRequest('unread'), page(range(9, 6), { unread: 4 }));
    expect(ids(store)).toHaveLength(4);
    store.applyPage(store.beginRequest('unread'), page([notification(9), notification(6)]));
    expect(ids(store)).toEqual([idOf(9), idOf(6)]);
  });

  it('shows the unread items of other lists until it is loaded', () => {
    const store = listed(page([notification(2, { read_at: AT, seen_at: AT }), notification(1)]));
    store.changeStatus({ filter: 'unread' });
    expect(ids(store)).toEqual([idOf(1)]);
  });
});

describe('counts', () => {
  it('reflect a mark on an item that only another list has loaded', () => {
    const store = listed(page([notification(9)], { cursor: 'c', unread: 4 }));
    store.applyPage(store.beginRequest('unread'), page(range(9, 6), { unread: 4 }));
    const read = { key: 'k', kind: 'read', id: idOf(6), at: AT } as const;
    store.change((state) => begin(state, read));
    expect(store.getSnapshot().counts.unread).toBe(3);
    const answer = notification(6, { read_at: AT, seen_at: AT });
    store.change((state) => confirm(state, read, answer));
    expect(store.getSnapshot().counts.unread).toBe(3);
  });

  it('include each arrival once, even while a further page is on its way', () => {
    const store = listed(page(range(140, 111), { unread: 140, cursor: 'c' }));
    const request = store.beginRequest('all', idOf(111));
    store.receive([notification(141), notification(142)]);
    store.receive([notification(143)]);
    // The server has counted five new ones: two of them have not been pushed yet.
    store.applyPage(request, page(range(110, 51), { unread: 145, cursor: 'd' }));
    expect(unread(store)).toBe(143);
    store.receive([notification(144), notification(145)]);
    expect(unread(store)).toBe(145);
  });

  it('include an item once if a first page lists it before its push arrives', () => {
    const store = listed(page(range(140, 111), { unread: 140, cursor: 'c' }));
    const request = store.beginRequest('all');
    store.receive([notification(143)]);
    store.applyPage(request, page(range(142, 113), { unread: 142, cursor: 'c' }));
    store.receive([notification(142), notification(141), notification(143)]);
    expect(unread(store)).toBe(143);
  });

  it('are asked for again if an event may have counted an arrival', () => {
    const store = listed(page(range(140, 111), { unread: 140, cursor: 'c' }));
    store.applyInboxEvent(event([{ id: idOf(5), read_at: AT }], 142, { at: timeOf(150) }));
    expect([unread(store), store.state.areCountsUncertain]).toEqual([142, false]);
    store.receive([notification(149)]);
    expect([unread(store), store.state.areCountsUncertain]).toEqual([142, true]);
    store.applyPage(
      store.beginRequest('all'),
      page([notification(149)], { unread: 143, cursor: 'c' }),
    );
    expect([unread(store), store.state.areCountsUncertain]).toEqual([143, false]);
  });

  it('are not asked for again if an event is far from any arrival', () => {
    const store = listed(page(range(140, 111), { unread: 140, cursor: 'c' }));
    store.receive([notification(141)]);
    store.applyInboxEvent(event([{ id: idOf(5), read_at: AT }], 140, { at: timeOf(150) }));
    store.receive([notification(200)]);
    expect([unread(store), store.state.areCountsUncertain]).toEqual([141, false]);
  });

  it('follow the server after another device has seen everything', () => {
    const store = listed(page([notification(9)], { cursor: 'c', unread: 4, unseen: 4 }));
    const seen = event([{ id: idOf(9), seen_at: AT }], 4, { at: AT, seenUpTo: idOf(9) });
    store.applyInboxEvent({ ...seen, counts: { unread: 4, unseen: 0 } });
    expect(store.getSnapshot().counts).toEqual({ unread: 4, unseen: 0 });
  });
});

it('loads the list again if a sweep may have left out an item that was being created', () => {
  const store = listed(page(range(9, 1)));
  const seen = { at: timeOf(10), seenUpTo: idOf(8) };
  const swept = range(8, 1).map(({ id }) => ({ id, seen_at: AT }));
  expect(store.applyInboxEvent(event(swept.slice(1), 9, seen))).toBe(true);
  const whole = { at: timeOf(11), seenUpTo: idOf(8) };
  expect(store.applyInboxEvent(event(swept, 9, whole))).toBe(false);
});

describe('an answer that arrives late', () => {
  it('leaves the item seen if another device has seen it since', () => {
    const store = listed(page([notification(1)]));
    const archive = { key: 'k', kind: 'archive', id: idOf(1), at: AT } as const;
    store.change((state) => begin(state, archive));
    store.applyInboxEvent(event([], 1, { at: AT, seenUpTo: idOf(1) }));
    store.change((state) => confirm(state, archive, notification(1, { archived_at: AT })));
    expect(store.find(idOf(1))).toMatchObject({ archived_at: AT, seen_at: AT });
  });

  it('leaves the item read if another device has read it since', () => {
    const store = listed(page([notification(1, { read_at: AT, seen_at: AT })], { unread: 0 }));
    const unread = { key: 'k', kind: 'unread', id: idOf(1), at: AT } as const;
    store.change((state) => begin(state, unread));
    store.applyInboxEvent(event([], 0, { at: '2026-01-03', readUpTo: idOf(1) }));
    store.change((state) => confirm(state, unread, notification(1, { seen_at: AT })));
    expect(store.getSnapshot().counts.unread).toBe(0);
  });
});

it('loads a page again if an event since the request added an item to it', () => {
  const archived = notification(1, { archived_at: AT, seen_at: AT });
  const store = listed(page([notification(2)]));
  const request = store.beginRequest('all');
  // Another device unarchives it after the server has read the list.
  const back = { id: idOf(1), read_at: null, seen_at: AT, archived_at: null };
  expect(store.applyInboxEvent(event([back], 2, { at: AT }))).toBe(true);
  expect(store.applyPage(request, page([notification(2)]))).toBe(true);
  const again = store.beginRequest('all');
  const both = page([notification(2), { ...archived, archived_at: null }]);
  expect(store.applyPage(again, both)).toBe(false);
  expect(ids(store)).toEqual([idOf(2), idOf(1)]);
});

it('reloads the list after a push that may be older than a "read all"', () => {
  const store = listed(page([notification(9)]));
  store.applyInboxEvent(event([], 0, { at: AT, readUpTo: idOf(8) }));
  expect(store.receive([notification(10)])).toBe(false);
  expect(store.receive([notification(7, { read_at: AT, seen_at: AT })])).toBe(false);
  expect(store.receive([notification(8)])).toBe(true);
  expect(store.receive([notification(8)])).toBe(false);
});
