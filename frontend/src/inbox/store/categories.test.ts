import { expect, it } from 'vitest';
import { idOf } from '../../testing/notifications';
import { event, listed, page, range } from '../../testing/stores';
import { needsRecount } from './base';

const LATER = '2027-01-01T00:00:00.000Z';

it('asks for the counts by category again after an event, if any are shown', () => {
  const first = { ...page(range(3, 2)), nextCursor: 'more' };
  const change = () => event([{ id: idOf(1), read_at: LATER }], 2, { at: LATER });
  const plain = listed(first);
  plain.applyInboxEvent(change());
  expect(needsRecount(plain.state)).toBe(false);
  const tabbed = listed({ ...first, byCategory: { order: { unread: 3, unseen: 3 } } });
  tabbed.applyInboxEvent(change());
  expect(needsRecount(tabbed.state)).toBe(true);
});
