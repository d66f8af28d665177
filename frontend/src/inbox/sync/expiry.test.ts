import { expect, it, vi } from 'vitest';
import { backend, ids, inbox, listCalls, now, settled, until } from '../../testing/inbox';
import { idOf, notification } from '../../testing/notifications';
import { InboxStore } from '../store/inbox-store';
import { Expiry } from './expiry';

/** Return the time this many milliseconds from now, by the server's clock. */
const inMs = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
const counts = (count: number) => ({ unread: count, unseen: count });

/** Let the browser's clock differ from the server's by this many milliseconds. */
function setBrowserClock(ahead: number): void {
  const real = Date.now.bind(Date);
  backend.clock = real;
  vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead);
}

async function startWithClock(): Promise<void> {
  inbox.setTokenSource({
    getToken: () => {
      const exp = backend.clock() / 1000 + 3600;
      return Promise.resolve(`h.${btoa(JSON.stringify({ iat: exp - 3600, exp }))}.s`);
    },
  });
  inbox.start();
  await settled();
}

it.each([
  ['right', 0],
  ['five minutes ahead', 300_000],
  ['five minutes behind', -300_000],
])('removes what expires by the server’s clock from a page whose clock is %s', async (_, ahead) => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const expires_at = inMs(1_500);
  backend.items = [notification(2, { expires_at }), notification(1)];
  setBrowserClock(ahead);
  const gone: number[] = [];
  await startWithClock();
  inbox.store.subscribe(() => {
    if (!ids().includes(idOf(2))) gone.push(backend.clock());
  });
  expect(now().counts).toEqual(counts(2));
  await until(() => {
    expect(ids()).toEqual([idOf(1)]);
  });
  expect(now().counts).toEqual(counts(1));
  expect(gone[0]).toBeGreaterThanOrEqual(Date.parse(expires_at));
});

it('keeps what the server lists while the clock is ahead, and does not ask all the time', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  backend.items = [notification(1, { expires_at: inMs(60_000) })];
  setBrowserClock(61_000);
  inbox.start();
  await settled();
  await until(() => {
    expect(listCalls()).toBeGreaterThanOrEqual(3);
  });
  // The next request is a second away. No change of the store brings it forward.
  const calls = listCalls();
  backend.create(notification(2), notification(3));
  await until(() => {
    expect(backend.acknowledged).toHaveLength(1);
  });
  expect(listCalls()).toBe(calls);
  expect(ids()).toEqual([3, 2, 1].map(idOf));
});

it('removes what expires from the archive too', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const archived_at = inMs(0);
  backend.items = [
    notification(2, { archived_at, expires_at: inMs(1_000) }),
    notification(1, { archived_at }),
  ];
  inbox.start();
  await settled();
  inbox.show('archived');
  await until(() => {
    expect(ids()).toEqual([idOf(2), idOf(1)]);
  });
  await until(() => {
    expect(ids()).toEqual([idOf(1)]);
  });
});

it('asks once about many items that expire at the same time, soon after the computer wakes up', async () => {
  vi.useFakeTimers();
  const store = new InboxStore();
  const ask = vi.fn();
  new Expiry(store, Date.now, ask);
  const day = 86_400_000;
  const later = [1, 2, 3].map((n) => notification(n, { expires_at: inMs(40 * day) }));
  store.receive([...later, notification(4)]);
  await vi.advanceTimersByTimeAsync(day / 24);
  expect(ask).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 40 * day); // the computer was asleep
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ask).toHaveBeenCalledOnce();
  store.reset();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
