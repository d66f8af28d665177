import { expect, it, vi } from 'vitest';
import type { Answer } from '../../testing/http';
import { backend, downFrom, inbox, now, settled, until } from '../../testing/inbox';
import { idOf, notification } from '../../testing/notifications';

const patches = () => backend.calls.filter(({ method }) => method === 'PATCH');
const isRead = (n: number) => backend.items.find(({ id }) => id === idOf(n))?.read_at !== null;

/** Give this answer to the next `times` PATCHes. Returns the times at which they were answered. */
function answerPatches(times: number, answer: Answer): number[] {
  const moments: number[] = [];
  backend.intercept = ({ method }) => {
    if (method !== 'PATCH' || moments.length >= times) return undefined;
    moments.push(Date.now());
    return answer;
  };
  return moments;
}

async function startWith(count: number): Promise<void> {
  backend.items = downFrom(count, 1).map((n) => notification(n));
  inbox.start();
  await settled();
}

it.each([500, 503, 429, 408, 401])(
  'keeps a mark while the server answers %i again and again',
  async (status) => {
    vi.spyOn(Math, 'random').mockReturnValue(-0.49); // so that retries come at once
    await startWith(1);
    const problems = new Set<unknown>();
    inbox.store.subscribe(() => problems.add(now().problem));
    const moments = answerPatches(12, { status, body: {} });
    inbox.markRead(notification(1));
    await until(() => {
      expect(isRead(1)).toBe(true);
      expect(now().unsent).toBe(0);
    });
    expect(moments).toHaveLength(12);
    expect([...problems]).toEqual([null]);
    expect(now().counts.unread).toBe(0);
  },
);

it('sends the other actions while the server fails at one, and that one once it succeeds', async () => {
  // Retries come at once. `calls` makes the numbers differ, and so the keys of the actions.
  let calls = 0;
  vi.spyOn(Math, 'random').mockImplementation(() => -0.49 + (calls += 1) / 1e6);
  await startWith(3);
  let isFailing = true;
  backend.intercept = ({ url }) =>
    isFailing && url.pathname.endsWith(idOf(3)) ? { status: 500, body: {} } : undefined;
  for (const n of [3, 2, 1]) inbox.markRead(notification(n));
  await until(() => {
    expect([isRead(2), isRead(1)]).toEqual([true, true]);
    expect(now()).toMatchObject({ unsent: 1, connection: 'limited', counts: { unread: 0 } });
  });
  isFailing = false;
  await until(() => {
    expect(isRead(3)).toBe(true);
    expect(now()).toMatchObject({ unsent: 0, problem: null });
  });
});

it.each([
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2_000).toUTCString()],
])('sends nothing before the time of Retry-After, given as %s', async (_, given) => {
  await startWith(2);
  const retryAfter = given();
  const moments = answerPatches(1, {
    status: 429,
    body: {},
    headers: { 'retry-after': retryAfter },
  });
  inbox.markRead(notification(1));
  await until(() => {
    expect(now().unsent).toBe(1);
  });
  inbox.markRead(notification(2));
  window.dispatchEvent(new Event('online'));
  await until(() => {
    expect(isRead(2)).toBe(true);
  });
  const earliest = retryAfter === '1' ? (moments[0] ?? 0) + 1_000 : Date.parse(retryAfter);
  expect(Date.now()).toBeGreaterThanOrEqual(earliest - 20);
  expect(patches().map(({ url }) => url.pathname.split('/').at(-1))).toEqual([1, 1, 2].map(idOf));
});

it('delivers marks made offline in order, under a rate limit', async () => {
  const numbers = downFrom(120, 1);
  await startWith(120);
  backend.drop = true;
  for (const n of numbers) inbox.markRead(notification(n));
  await until(() => {
    expect(now().unsent).toBeGreaterThan(0);
  });
  let left = 80;
  backend.intercept = ({ method }) => {
    if (method !== 'PATCH' || (left -= 1) >= 0) return undefined;
    setTimeout(() => (left = 80), 900);
    return { status: 429, body: {}, headers: { 'retry-after': '1' } };
  };
  backend.drop = false;
  window.dispatchEvent(new Event('online'));
  await vi.waitFor(() => {
    expect(backend.items.filter(({ read_at }) => read_at === null)).toHaveLength(0);
    expect(now()).toMatchObject({ unsent: 0, problem: null, counts: { unread: 0 } });
  }, 20_000);
  const done = backend.items.map(({ read_at }) => read_at ?? '');
  expect(done).toEqual([...done].sort());
});
