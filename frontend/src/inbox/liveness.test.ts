import { afterEach, expect, it, vi } from 'vitest';
import { backend, ids, inbox, listCalls, now, settled, until } from '../testing/inbox';
import { idOf, notification } from '../testing/notifications';

const fire = (name: string) => {
  const isOfDocument = name === 'visibilitychange' || name === 'resume';
  (isOfDocument ? document : window).dispatchEvent(new Event(name));
};
const connections = () => backend.connects.length;
const setPage = (facts: { onLine?: boolean; visibilityState?: string }) => {
  if (facts.onLine !== undefined)
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(facts.onLine);
  if (facts.visibilityState !== undefined)
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(
      facts.visibilityState as DocumentVisibilityState,
    );
};
const checked = (times: number) =>
  until(() => {
    expect(backend.checks).toBe(times);
  });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/**
 * Fire the event until the connection is checked again. While a check is under way, the event
 * starts no other.
 */
const checkedAfter = (name: string) =>
  until(() => {
    fire(name);
    expect(backend.checks).toBeGreaterThan(1);
  });

it.each(['visibilitychange', 'resume', 'pageshow', 'online'])(
  'asks whether its connection is alive after the event %s',
  async (name) => {
    inbox.start();
    await settled();
    await checkedAfter(name);
    expect(connections()).toBe(1);
  },
);

it('asks whether its connection is alive when the clock has jumped, as after sleep', async () => {
  inbox.start();
  await settled();
  await checked(1);
  const later = Date.now() + 60_000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await checked(2);
});

it('connects again within seconds when the connection turns out to be dead', async () => {
  inbox.start();
  await settled();
  await checkedAfter('visibilitychange');
  const seen: string[] = [];
  inbox.store.subscribe(() => seen.push(now().connection));
  const before = backend.checks;
  backend.lasting = () => 'silent';
  await until(() => {
    fire('visibilitychange');
    expect(backend.checks).toBeGreaterThan(before);
  });
  await until(() => {
    expect(connections()).toBe(2);
    expect(now().connection).toBe('online');
  });
  expect(seen).toContain('offline');
});

it('keeps a connection to a server that does not support checks', async () => {
  backend.lasting = () => 'silent';
  inbox.start();
  await settled();
  await checked(1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await vi.advanceTimersByTimeAsync(3_000);
  await checkedAfter('visibilitychange');
  await vi.advanceTimersByTimeAsync(3_000);
  expect(now().connection).toBe('online');
  expect(connections()).toBe(1);
});

it('connects at once when the network is back, without waiting for the next retry', async () => {
  backend.fate = () => 'block';
  inbox.start();
  await until(() => {
    expect(backend.handshakes.length).toBeGreaterThan(2);
  });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  backend.fate = () => 'accept';
  fire('online');
  await settled();
});

it('says at once that there is no network', async () => {
  inbox.start();
  await settled();
  setPage({ onLine: false });
  fire('offline');
  expect(now().connection).toBe('offline');
  await until(() => {
    expect(now().socket).toBe('online'); // as when the server runs on this computer
  });
  expect(now().connection).toBe('offline');
  setPage({ onLine: true });
  fire('online');
  await until(() => {
    expect(now().connection).toBe('online');
  });
});

it('asks for the list at growing intervals while nothing arrives live, and can still mark items', async () => {
  backend.fate = () => 'block';
  backend.items = [notification(1)];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  inbox.start();
  const state = () =>
    until(() => {
      expect(now()).toMatchObject({ connection: 'limited', list: 'ready' });
    });
  await state();
  expect(listCalls()).toBe(1);
  const asked: number[] = [];
  for (let second = 1; second <= 400; second += 1) {
    const before = listCalls();
    await vi.advanceTimersByTimeAsync(1000);
    if (second % 15 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (listCalls() > before) asked.push(second);
  }
  expect(asked.length).toBeGreaterThanOrEqual(4);
  expect(asked.length).toBeLessThanOrEqual(6);
  backend.items = [notification(2), ...backend.items];
  fire('visibilitychange');
  await until(() => {
    expect(ids()).toEqual([idOf(2), idOf(1)]);
  });
  inbox.markRead(notification(2));
  await until(() => {
    expect(backend.items[0]?.read_at).not.toBeNull();
  });
  await state();
  setPage({ visibilityState: 'hidden' });
  const before = listCalls();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(listCalls()).toBe(before);
});

it('never says that it is online while actions are unsent', async () => {
  backend.items = [notification(1)];
  inbox.start();
  await settled();
  backend.intercept = ({ method }) => (method === 'PATCH' ? { status: 503, body: {} } : undefined);
  inbox.markRead(notification(1));
  await until(() => {
    expect(now()).toMatchObject({ connection: 'limited', unsent: 1 });
  });
  backend.intercept = () => undefined;
  await until(() => {
    expect(now()).toMatchObject({ connection: 'online', unsent: 0 });
  });
});

it('loads its list by itself when its tokens are accepted again', async () => {
  backend.refuse = () => 'wrong signature';
  backend.intercept = () => ({ status: 401, body: {} });
  inbox.start();
  await until(() => {
    expect(now()).toMatchObject({ connection: 'refused', list: 'failed' });
  });
  backend.refuse = () => undefined;
  backend.intercept = () => undefined;
  await until(() => {
    expect(now()).toMatchObject({ connection: 'online', list: 'ready', problem: null });
  });
});
