import { expect, it } from 'vitest';
import { backend, downFrom, ids, inbox, listCalls, now, settled, until } from '../../testing/inbox';
import { idOf, notification, timeOf } from '../../testing/notifications';
import { needsRecount } from '../store/base';

const cursors = () =>
  backend.calls
    .filter(({ method }) => method === 'GET')
    .map(({ url }) => url.searchParams.has('cursor'));

/** Load another page, and wait for the counts that the inbox then asks for. */
async function loadMore(total: number): Promise<void> {
  inbox.loadMore();
  await until(() => {
    expect(ids()).toHaveLength(total);
    expect(needsRecount(inbox.store.state)).toBe(false);
  });
}

async function loadTwoPages(count: number): Promise<void> {
  backend.items = downFrom(count, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  await loadMore(130);
}

async function reconnect(): Promise<void> {
  backend.cut();
  await until(() => {
    expect(now().connection).toBe('offline');
  });
  const calls = listCalls();
  await until(() => {
    expect(now().connection).toBe('online');
    expect(listCalls()).toBeGreaterThan(calls);
  });
}

it('loads only the first page after a reconnect while no list is on the screen', async () => {
  await loadTwoPages(150);
  inbox.watchList(() => idOf(21))(); // the panel was open, and is closed now
  backend.calls.length = 0;
  await reconnect();
  await until(() => {
    expect(ids()).toHaveLength(30);
  });
  expect(cursors()).toEqual([false]);
  expect(now()).toMatchObject({ hasMore: true, counts: { unread: 150 } });
});

it('loads after a reconnect what is on the screen, and nothing below', async () => {
  await loadTwoPages(300);
  await loadMore(230);
  inbox.watchList(() => idOf(200));
  backend.calls.length = 0;
  await reconnect();
  await until(() => {
    expect(ids()).toHaveLength(130);
  });
  expect(cursors()).toEqual([false, true]);
});

it('loads after a reconnect what any list on the screen shows, even if another one closes', async () => {
  await loadTwoPages(300);
  await loadMore(230);
  inbox.watchList(() => idOf(200));
  inbox.watchList(() => idOf(290));
  inbox.watchList(() => idOf(290))();
  backend.calls.length = 0;
  await reconnect();
  await until(() => {
    expect(ids()).toHaveLength(130);
  });
  expect(cursors()).toEqual([false, true]);
});

it('counts as the server does while a page is on its way and notifications arrive', async () => {
  backend.items = downFrom(140, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  let answer: (() => void) | undefined;
  backend.intercept = ({ url }) => {
    if (!url.searchParams.has('cursor')) return undefined;
    return new Promise((resolve) => {
      answer = () => {
        resolve(undefined);
      };
    });
  };
  inbox.loadMore();
  for (const n of [141, 142, 143, 144, 145]) backend.create(notification(n));
  await until(() => {
    expect(now().counts.unread).toBe(145);
    expect(answer).toBeDefined();
  });
  answer?.();
  await until(() => {
    expect(now().isLoadingMore).toBe(false);
  });
  expect(now().counts.unread).toBe(145);
});

it('asks for the counts again if an event may have counted what arrives after it', async () => {
  backend.items = downFrom(40, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  const event = { unread_count: 40, unseen_count: 40, changed: [], at: timeOf(42) };
  backend.sendInboxEvent(event); // its counts are from before the next notification
  backend.create(notification(41));
  await until(() => {
    expect(now().counts.unread).toBe(41);
  });
});

it('asks once for the counts by category after events that lack them, and never after others', async () => {
  backend.items = downFrom(140, 1).map((n) => notification(n, n % 2 ? {} : { type: 'offer.new' }));
  inbox.countCategories(['order', 'offer']);
  inbox.start();
  await settled();
  // While a first page is on its way, it is unknown whether the page includes an event. So load a
  // second page, after which the counts are asked for once more, and then nothing is on its way.
  await loadMore(130);
  const calls = listCalls();
  for (const n of [1, 2, 3]) backend.mark(idOf(n), { read: true });
  backend.withdraw(idOf(4));
  await until(() => {
    expect(now().byCategory).toMatchObject({ order: { unread: 68 }, offer: { unread: 68 } });
  });
  expect(needsRecount(inbox.store.state)).toBe(false);
  expect(listCalls()).toBe(calls);
  backend.namesCategories = false;
  for (const n of [5, 7]) backend.mark(idOf(n), { read: true });
  await until(() => {
    expect(now().byCategory).toMatchObject({ order: { unread: 66 }, offer: { unread: 68 } });
  });
  expect(listCalls()).toBe(calls + 1);
});

it('still retries the list `all` when another list is shown after a failure', async () => {
  backend.items = [notification(1)];
  let isFailing = true;
  backend.intercept = () => (isFailing ? { status: 503, body: {} } : undefined);
  inbox.start();
  await until(() => {
    expect(now()).toMatchObject({ socket: 'online', list: 'failed' });
  });
  isFailing = false;
  inbox.show('unread');
  await until(() => {
    expect(now()).toMatchObject({ filter: 'unread', list: 'ready' });
    expect(inbox.store.state.reaches.all.kind).toBe('everything');
  });
});
