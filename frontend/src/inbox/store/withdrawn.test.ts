import { describe, expect, it } from 'vitest';
import { idOf, notification } from '../../testing/notifications';
import { event, ids, listed, page, range, unread } from '../../testing/stores';
import { newsAmong } from './news';

const withdrawn = (n: number) => ({ id: idOf(n), withdrawn: true as const });

describe('a withdrawn item', () => {
  it('disappears at once, also from what is announced, and does not come back', () => {
    const store = listed(page(range(2, 1)));
    store.receive([notification(3)]);
    expect(newsAmong(store.state, new Set([idOf(3)]))).toHaveLength(1);
    expect(store.applyInboxEvent(event([withdrawn(3)], 2))).toBe(false);
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
    expect(unread(store)).toBe(2);
    expect(newsAmong(store.state, new Set([idOf(3)]))).toEqual([]);
    store.receive([notification(3)]);
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
  });

  it('is not shown if its push, or an older page, comes after the event', () => {
    const store = listed(page(range(2, 1)));
    const request = store.beginRequest('all');
    store.applyInboxEvent(event([withdrawn(3)], 2));
    store.receive([notification(3)]);
    store.applyPage(request, page(range(3, 1)));
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
  });

  it('also removes the item that it superseded, even if it has not arrived itself', () => {
    const store = listed(page(range(2, 1)));
    const [first, second] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
    store.applyInboxEvent(event([{ id: idOf(2), superseded_by: idOf(3) }], 2, { at: first }));
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
    store.applyInboxEvent(event([withdrawn(3)], 1, { at: second }));
    expect(ids(store)).toEqual([idOf(1)]);
  });

  it('is not counted, and cannot be found', () => {
    const store = listed(page(range(2, 1)));
    store.applyInboxEvent(event([withdrawn(2)], 1));
    expect(store.find(idOf(2))).toBeUndefined();
    expect(unread(store)).toBe(1);
  });
});
