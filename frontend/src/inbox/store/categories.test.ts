import { expect, it } from 'vitest';
import type { ByCategory, Counts } from '../domain/notification';
import { idOf, notification, timeOf } from '../../testing/notifications';
import { event, listed, page, range } from '../../testing/stores';
import { needsRecount } from './base';

const both = (count: number): Counts => ({ unread: count, unseen: count });

/**
 * Return a store that holds the newest three of seven items: two of the three orders, and one of
 * the four offers. `byCategory` has the counts of the tabs.
 */
function tabbed(byCategory: ByCategory = { order: both(3), offer: both(4) }) {
  const items = [...range(103, 102), notification(101, { type: 'offer.new' })];
  return listed({ ...page(items, { unread: 7, unseen: 7, cursor: 'more' }), byCategory });
}

/** Return an event with these counts: an order that is not held has been read. */
const orderRead = (unread: number, byCategory?: ByCategory) => ({
  ...event([{ id: idOf(1), read_at: timeOf(200) }], unread, { at: timeOf(200) }),
  ...(byCategory && { byCategory }),
});

it('counts by category come from an event that has them, without a request', () => {
  const store = tabbed();
  store.receive([notification(105), notification(104, { type: 'offer.new' })]);
  expect(store.getSnapshot().byCategory).toEqual({ order: both(4), offer: both(5) });
  expect(needsRecount(store.state)).toBe(false);
  store.applyInboxEvent(orderRead(8, { order: both(3) }));
  expect(needsRecount(store.state)).toBe(false);
  expect(store.getSnapshot()).toMatchObject({
    counts: both(8),
    byCategory: { order: both(3), offer: both(5) },
  });
});

it('counts by category are asked for if an event has none, but only if tabs are shown', () => {
  const store = tabbed();
  store.applyInboxEvent(orderRead(6));
  expect(needsRecount(store.state)).toBe(true);
  const plain = tabbed({});
  plain.applyInboxEvent(orderRead(6));
  expect(needsRecount(plain.state)).toBe(false);
});

it('counts by category are asked for if something has changed that no event reports', () => {
  const store = tabbed();
  store.applyInboxEvent(orderRead(5, { order: both(2) })); // an offer has expired
  expect(needsRecount(store.state)).toBe(true);
});

it('counts by category are asked for if an event is about a category without a tab', () => {
  const store = tabbed({ offer: both(4) });
  store.applyInboxEvent(orderRead(6, { order: both(2) }));
  expect(needsRecount(store.state)).toBe(true);
  expect(store.getSnapshot().byCategory).toEqual({ offer: both(4) });
});

it('counts by category start from a page, even if a change overlapped the only request', () => {
  const store = listed(page(range(102, 101)));
  const request = store.beginRequest('all');
  store.applyInboxEvent(event([], 2, { at: timeOf(200), seenUpTo: idOf(102) }));
  store.applyPage(request, {
    ...page(range(102, 101)),
    byCategory: { order: both(2), offer: both(0) },
  });
  expect(store.getSnapshot().byCategory).toEqual({
    order: { unread: 2, unseen: 0 },
    offer: both(0),
  });
});
