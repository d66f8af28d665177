import { expect, it, vi } from 'vitest';
import { Inbox } from './inbox';
import { backend, downFrom, ids, inbox, listCalls, now, settled, until } from '../testing/inbox';
import { idOf, notification } from '../testing/notifications';

it('loads the list, and acknowledges a push only after it holds the items', async () => {
  backend.items = [notification(1)];
  inbox.start();
  await settled();
  const heldAtAck: string[][] = [];
  backend.onAck = () => heldAtAck.push(ids());
  backend.create(notification(2), notification(3));
  await until(() => {
    expect(heldAtAck).toHaveLength(1);
  });
  expect(heldAtAck).toEqual([[idOf(3), idOf(2), idOf(1)]]);
  expect(now().counts.unread).toBe(3);
  expect(now().arrivals.items.map(({ id }) => id)).toEqual([idOf(3), idOf(2)]);
});

it('shows pushed items while the list cannot be loaded, and retries the list', async () => {
  backend.intercept = () => ({ status: 503, body: { title: 'Unavailable' } });
  inbox.start();
  await until(() => {
    expect(now()).toMatchObject({ connection: 'limited', list: 'failed' });
  });
  expect(now().problem).toMatchObject({ during: 'list', kind: 'failing' });
  backend.create(notification(1));
  await until(() => {
    expect(ids()).toEqual([idOf(1)]);
  });
  expect(now().arrivals.items).toEqual([]); // it belongs to the first list, so it is no arrival
  backend.intercept = () => undefined;
  await until(() => {
    expect(now()).toMatchObject({ connection: 'online', list: 'ready', problem: null });
  });
});

it('catches up after a reconnect without a gap or a flicker', async () => {
  backend.items = downFrom(40, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  const shown: string[][] = [];
  inbox.store.subscribe(() => shown.push(ids()));
  backend.items = [notification(42), notification(41), ...backend.items.slice(1)];
  backend.cut();
  await until(() => {
    expect(now().connection).toBe('offline');
  });
  await until(() => {
    expect(ids()[0]).toBe(idOf(42));
  });
  expect(now().counts.unread).toBe(41);
  const before = downFrom(40, 11).map(idOf);
  const after = backend.items.map(({ id }) => id);
  for (const list of shown) {
    expect(list.length).toBeGreaterThanOrEqual(before.length);
    expect([before, after.slice(0, list.length)]).toContainEqual(list);
  }
});

it('reloads the list as far down as it was loaded', async () => {
  backend.items = downFrom(150, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  inbox.loadMore();
  await until(() => {
    expect(ids()).toHaveLength(130);
  });
  backend.items = [notification(151), ...backend.items.filter(({ id }) => id !== idOf(30))];
  backend.cut();
  await until(() => {
    expect(now().connection).toBe('offline');
  });
  await until(() => {
    expect(ids()).not.toContain(idOf(30));
  });
  expect(ids()).toEqual(backend.items.map(({ id }) => id).slice(0, ids().length));
  expect(now().counts.unread).toBe(150);
});

it('loads older items by cursor to the end', async () => {
  backend.items = downFrom(170, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  for (const length of [130, 170]) {
    expect(now().hasMore).toBe(true);
    inbox.loadMore();
    inbox.loadMore();
    await until(() => {
      expect(ids()).toHaveLength(length);
    });
    await until(() => {
      expect(now().isLoadingMore).toBe(false);
    });
  }
  expect(now().hasMore).toBe(false);
  expect(new Set(ids()).size).toBe(170);
});

it('reports a problem when older items cannot be loaded', async () => {
  backend.items = downFrom(31, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  backend.intercept = () => ({ status: 400, body: { detail: 'the cursor is not ours' } });
  inbox.loadMore();
  await until(() => {
    expect(now().problem).toEqual({
      during: 'more',
      kind: 'rejected',
      detail: 'the cursor is not ours',
    });
  });
  expect(now().isLoadingMore).toBe(false);
});

it('loads each list once, and keeps it up to date', async () => {
  backend.items = downFrom(40, 1).map((n) => notification(n, n % 2 ? { archived_at: 'then' } : {}));
  inbox.start();
  await settled();
  inbox.show('archived');
  expect(now()).toMatchObject({ filter: 'archived', list: 'loading', items: [] });
  await until(() => {
    expect(now().list).toBe('ready');
  });
  expect(ids()).toEqual(downFrom(20, 1).map((n) => idOf(2 * n - 1)));
  inbox.archive(notification(40));
  expect(ids()[0]).toBe(idOf(40));
  inbox.unarchive(notification(39));
  expect(ids()).not.toContain(idOf(39));
  const callsBefore = listCalls();
  inbox.show('all');
  expect(now()).toMatchObject({ list: 'ready' });
  expect(ids().slice(0, 2)).toEqual([idOf(39), idOf(38)]);
  inbox.show('archived');
  expect(ids()[0]).toBe(idOf(40));
  expect(listCalls()).toBe(callsBefore);
});

it('loads an item that another device unarchived and this client never held', async () => {
  backend.items = downFrom(3, 1).map((n) =>
    notification(n, n === 2 ? { archived_at: 'then' } : {}),
  );
  inbox.start();
  await settled();
  expect(ids()).toEqual([idOf(3), idOf(1)]);
  backend.mark(idOf(2), { archived: false });
  await until(() => {
    expect(ids()).toEqual([idOf(3), idOf(2), idOf(1)]);
  });
});

it('retries a call with a fresh token when the API refuses the first', async () => {
  backend.intercept = ({ token }) =>
    token === 'token-1' ? { status: 401, body: { detail: 'the token has expired' } } : undefined;
  inbox.start();
  await settled();
  expect(now().problem).toBeNull();
});

it('reports a problem when fresh tokens are refused too', async () => {
  backend.intercept = () => ({ status: 401, body: {} });
  inbox.start();
  await until(() => {
    expect(now().list).toBe('failed');
  });
  expect(now().problem).toMatchObject({ during: 'list', kind: 'unauthorized' });
});

it('shows an empty list after an erasure', async () => {
  backend.items = [notification(1)];
  inbox.start();
  await settled();
  backend.items = [];
  backend.sendInboxEvent({ unread_count: 0, unseen_count: 0, changed: [], erased: true });
  await until(() => {
    expect(ids()).toEqual([]);
  });
});

it('shows that another device has read everything, and reloads the list', async () => {
  backend.items = downFrom(50, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  const at = '2026-01-01T00:00:00.000Z';
  backend.items = backend.items.map((item) => ({ ...item, read_at: at, seen_at: at }));
  const read_up_to = idOf(50);
  backend.sendInboxEvent({ unread_count: 0, unseen_count: 0, changed: [], at, read_up_to });
  await until(() => {
    expect(now().counts).toEqual({ unread: 0, unseen: 0 });
    expect(listCalls()).toBe(3);
  });
});

it('is empty after stop, even if an answer arrives later', async () => {
  backend.items = [notification(1)];
  inbox.start();
  await settled();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let isAsked = false;
  backend.intercept = async () => {
    isAsked = true;
    await held;
    return undefined;
  };
  inbox.markRead(notification(1));
  await until(() => {
    expect(isAsked).toBe(true);
  });
  inbox.stop();
  release();
  expect(now()).toMatchObject({
    items: [],
    list: 'loading',
    connection: 'connecting',
    problem: null,
  });
  await until(() => {
    expect(backend.sockets).toHaveLength(0);
  });
});

it('can be started again after stop', async () => {
  backend.items = [notification(1)];
  inbox.start();
  inbox.stop();
  inbox.start();
  await settled();
  expect(ids()).toEqual([idOf(1)]);
});

it('keeps loading, and reports the error, when a listener of the host throws', async () => {
  const report = vi.fn();
  vi.stubGlobal('reportError', report);
  backend.items = [notification(1)];
  const error = new Error('the host’s');
  const unsubscribe = inbox.store.subscribe(() => {
    throw error;
  });
  inbox.start();
  await settled();
  backend.create(notification(2));
  inbox.show('unread');
  await until(() => {
    expect(now()).toMatchObject({ filter: 'unread', list: 'ready' });
    expect(ids()).toEqual([idOf(2), idOf(1)]);
  });
  expect(report).toHaveBeenCalledWith(error);
  unsubscribe();
  vi.unstubAllGlobals();
});

it('loads nothing after stop, whatever is asked, and everything after the next start', async () => {
  backend.items = downFrom(40, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  inbox.stop();
  backend.calls.length = 0;
  inbox.show('unread');
  inbox.countCategories(['order']);
  inbox.loadMore();
  expect(now().isLoadingMore).toBe(false);
  const other = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token: 'token' });
  other.start();
  await until(() => {
    expect(other.store.getSnapshot()).toMatchObject({ connection: 'online', list: 'ready' });
  });
  other.stop();
  expect(backend.calls.filter(({ url }) => url.searchParams.get('status') === 'unread')).toEqual(
    [],
  );
  expect(ids()).toEqual([]);
  inbox.start();
  await settled();
  expect(ids()).toHaveLength(30);
});

it('loads no preferences between stop and the next start', async () => {
  inbox.start();
  await settled();
  inbox.stop();
  inbox.preferences.load(); // as an open settings panel does, because the store is now empty
  inbox.preferences.save((before) => before);
  const other = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token: 'token' });
  other.start();
  other.preferences.load();
  await until(() => {
    expect(other.store.getSnapshot().preferences).toBeDefined();
  });
  other.stop();
  const isLoad = ({ url }: { url: URL }) => url.pathname.endsWith('/preferences');
  expect(backend.calls.filter(isLoad)).toHaveLength(1);
  expect(now().preferences).toBeUndefined();
  inbox.start();
  await until(() => {
    expect(now().preferences).toEqual(backend.preferences);
  });
  expect(backend.calls.filter(isLoad)).toHaveLength(2);
});

it('stays online if older items could not be loaded', async () => {
  backend.items = downFrom(31, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  backend.intercept = ({ url }) =>
    url.searchParams.has('cursor') ? { status: 503, body: {} } : undefined;
  inbox.loadMore();
  await until(() => {
    expect(now().problem).toMatchObject({ during: 'more', kind: 'failing' });
  });
  expect(now().connection).toBe('online');
});

it('loads nothing before the first start, whatever is asked', async () => {
  inbox.countCategories(['order']); // as category tabs do as soon as they are rendered
  inbox.loadMore();
  const other = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token: 'other' });
  other.start();
  await until(() => {
    expect(other.store.getSnapshot()).toMatchObject({ connection: 'online', list: 'ready' });
  });
  other.stop();
  expect(backend.calls.filter(({ token }) => token !== 'other')).toEqual([]);
  inbox.start();
  await settled();
  expect(now().isLoadingMore).toBe(false);
  const [first] = backend.calls.filter(({ token }) => token !== 'other');
  expect(first?.url.searchParams.get('counts')).toBe('order');
});
