import { describe, expect, it } from 'vitest';
import { idOf, notification } from '../../testing/notifications';
import { event, ids, listed, page, range, unread } from '../../testing/stores';

describe('a superseded item', () => {
  it('stays on the screen until its successor arrives', () => {
    const store = listed(page(range(2, 1)));
    store.applyInboxEvent(event([{ id: idOf(2), superseded_by: idOf(3) }], 2));
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
    expect(unread(store)).toBe(2);
    store.receive([notification(2)]); // a repeat changes nothing
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
    store.receive([notification(3)]);
    expect(ids(store)).toEqual([idOf(3), idOf(1)]);
    expect(unread(store)).toBe(2);
    store.receive([notification(2)]);
    expect(ids(store)).toEqual([idOf(3), idOf(1)]);
  });

  it('disappears at once if its successor has arrived', () => {
    const store = listed(page(range(3, 1)));
    store.receive([notification(4)]);
    store.applyInboxEvent(event([{ id: idOf(2), superseded_by: idOf(4) }], 3));
    expect(ids(store)).toEqual([idOf(4), idOf(3), idOf(1)]);
  });

  it('is replaced by a successor from a server whose clock is behind', () => {
    const store = listed(page(range(2, 1)));
    store.applyInboxEvent(event([{ id: idOf(2), superseded_by: idOf(0) }], 2));
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
    store.receive([notification(0)]);
    expect(ids(store)).toEqual([idOf(1), idOf(0)]);
  });

  it('is replaced by the last of several successors, even if the others never arrive', () => {
    const store = listed(page(range(1, 1)));
    const [first, second] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
    store.applyInboxEvent(event([{ id: idOf(1), superseded_by: idOf(2) }], 1, { at: first }));
    store.applyInboxEvent(event([{ id: idOf(2), superseded_by: idOf(3) }], 1, { at: second }));
    expect(ids(store)).toEqual([idOf(1)]);
    store.receive([notification(3)]);
    expect(ids(store)).toEqual([idOf(3)]);
    expect(unread(store)).toBe(1);
  });

  it('disappears if another device archived its successor before it arrived', () => {
    const store = listed(page(range(2, 1)));
    const [first, second] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
    store.applyInboxEvent(event([{ id: idOf(2), superseded_by: idOf(3) }], 2, { at: first }));
    expect(ids(store)).toEqual([idOf(2), idOf(1)]);
    store.applyInboxEvent(event([{ id: idOf(3), archived_at: second }], 1, { at: second }));
    expect(ids(store)).toEqual([idOf(1)]);
  });

  it('that is not loaded does not make its successor count twice', () => {
    const store = listed(page(range(9, 8), { cursor: 'c', unread: 5 }));
    store.applyInboxEvent(event([{ id: idOf(1), superseded_by: idOf(10) }], 5));
    store.receive([notification(10)]);
    expect(ids(store)).toEqual([idOf(10), idOf(9), idOf(8)]);
    expect(unread(store)).toBe(5);
  });

  it('disappears if a reloaded list no longer has it', () => {
    const store = listed(page(range(2, 1)));
    store.applyInboxEvent(event([{ id: idOf(1), superseded_by: idOf(3) }], 2));
    store.applyPage(store.beginRequest('all'), page(range(2, 2)));
    expect(ids(store)).toEqual([idOf(2)]);
  });
});
