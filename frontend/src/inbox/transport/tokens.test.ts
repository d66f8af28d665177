import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimsOf } from './claims';
import { Tokens } from './tokens';

const MINUTE = 60_000;
let calls: number;
/** The issuer's and the server's clock. */
let serverNow: () => number;

const jwt = (claims: object) => `h.${btoa(JSON.stringify(claims))}.s`;
const fresh = (more: object = {}) => {
  const iat = serverNow() / 1000;
  return jwt({ iat, exp: iat + 300, jti: calls, ...more });
};
const counted = (make: () => unknown) =>
  new Tokens(() => {
    calls += 1;
    return Promise.resolve(make()) as Promise<string>;
  });

/** Ask for the token each second, as a busy page does. Returns how often `getToken` was called. */
async function callsWithin(tokens: Tokens, seconds: number): Promise<number> {
  const before = calls;
  for (let second = 0; second < seconds; second += 1) {
    await tokens.current().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1000);
  }
  return calls - before;
}

beforeEach(() => {
  calls = 0;
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const start = Date.now() - performance.now();
  serverNow = () => start + performance.now();
});

afterEach(() => {
  vi.useRealTimers();
});

it('tokens have an expiry and a user id, if they can be read', () => {
  const claims = new TextEncoder().encode(JSON.stringify({ exp: 12, sub: '¿ñ?>' }));
  const token = `h.${btoa(String.fromCharCode(...claims)).replaceAll('/', '_')}.s`;
  expect(claimsOf(token)).toEqual({ expiry: 12_000, subject: '¿ñ?>' });
  expect(['', 'opaque', 'a.b.c', `a.${btoa('{}')}.c`].map(claimsOf)).toEqual(Array(4).fill({}));
});

it('tokens are fetched only once for concurrent callers', async () => {
  const tokens = counted(() => `token-${calls}`);
  expect(await Promise.all([tokens.current(), tokens.renew(), tokens.current()])).toEqual(
    Array(3).fill('token-1'),
  );
  expect(await tokens.current()).toBe('token-1');
  expect(await tokens.renew()).toBe('token-2');
});

describe.each([
  ['ahead', 6 * MINUTE],
  ['behind', -6 * MINUTE],
  ['right', 0],
  ['a year behind', -365 * 24 * 60 * MINUTE],
])('while the browser’s clock is %s', (_, skew) => {
  it.each([
    ['with `iat`', {}],
    ['without `iat`', { iat: undefined }],
  ])('tokens are replaced a minute before they expire, %s', async (_name, more) => {
    vi.setSystemTime(serverNow() + skew);
    const tokens = counted(() => fresh(more));
    tokens.learn(await tokens.current(), 300);
    expect(await callsWithin(tokens, 239)).toBe(0);
    expect(await callsWithin(tokens, 5)).toBe(1);
    expect(await callsWithin(tokens, 600)).toBeLessThanOrEqual(3);
  });

  it('tokens are not asked for in a loop before any server has reported the time', async () => {
    vi.setSystemTime(serverNow() + skew);
    const tokens = counted(() => fresh({ iat: undefined }));
    expect(await callsWithin(tokens, 60)).toBeLessThanOrEqual(2);
  });
});

it('tokens stay in use when the clock is changed while the page is open', async () => {
  const tokens = counted(fresh);
  tokens.learn(await tokens.current(), 300);
  for (const jump of [30, -60, 45]) {
    vi.setSystemTime(Date.now() + jump * MINUTE);
    expect(await callsWithin(tokens, 60)).toBe(0);
  }
});

it('tokens are asked for at growing intervals when `getToken` repeats one', async () => {
  const token = fresh();
  const tokens = counted(() => token);
  tokens.learn(await tokens.current(), 20);
  expect(await callsWithin(tokens, 60)).toBeLessThanOrEqual(4);
  expect(await callsWithin(tokens, 600)).toBeLessThanOrEqual(5);
});

it('tokens are asked for at growing intervals while servers refuse them', async () => {
  const tokens = counted(fresh);
  const refusedWithin = async (seconds: number) => {
    const before = calls;
    for (let second = 0; second < seconds; second += 1) {
      tokens.refused(await tokens.current());
      await vi.advanceTimersByTimeAsync(1000);
    }
    return calls - before;
  };
  expect(await refusedWithin(30)).toBeLessThanOrEqual(7);
  expect(await refusedWithin(3600)).toBeLessThanOrEqual(20);
  tokens.hasten();
  expect(await refusedWithin(1)).toBe(1);
});

it('a token stays refused although another server accepts it', async () => {
  const tokens = counted(fresh);
  const token = await tokens.current();
  tokens.refused(token);
  tokens.accepted(token);
  await tokens.current();
  tokens.refused(await tokens.current());
  await tokens.current();
  expect(calls).toBe(2);
});

it.each([
  ['rejects', () => Promise.reject(new Error('down'))],
  ['gives an empty one', () => ''],
  ['gives none', () => undefined],
  ['gives no text', () => 7],
  ['gives a page', () => '<html>\n<p>Sign in again'],
])('tokens are asked for at growing intervals while `getToken` %s', async (_, make) => {
  const tokens = counted(make);
  await expect(tokens.current()).rejects.toThrow();
  expect(await callsWithin(tokens, 60)).toBeLessThanOrEqual(7);
});

it('the error names the option when `getToken` gives no token', async () => {
  await expect(counted(() => '').current()).rejects.toThrow('`getToken` (or `token`) gave ""');
});

it('a line break after a token is removed, and the error shows only the start of what is not a token', async () => {
  expect(await counted(() => 'token\n').current()).toBe('token');
  const page = `<html>\n${'secret '.repeat(20)}`;
  const { message } = (await counted(() => page)
    .current()
    .catch((error: unknown) => error as Error)) as Error;
  expect(message).toMatch(/gave "<html>.*not a token/);
  expect(message.length).toBeLessThan(120);
});

it('`getToken` may also throw, or return the token without a promise', async () => {
  const throwing = () => {
    throw new Error('no session');
  };
  await expect(new Tokens(throwing).current()).rejects.toThrow('no session');
  const plain = (() => 'token') as unknown as () => Promise<string>;
  expect(await new Tokens(plain).current()).toBe('token');
});

it('tokens are not waited for longer than 15 s when `getToken` never answers', async () => {
  const tokens = new Tokens(() => new Promise(() => undefined));
  const failed = expect(tokens.current()).rejects.toThrow('did not answer');
  await vi.advanceTimersByTimeAsync(15_000);
  await failed;
});

it('tokens stay in use while a renewal fails', async () => {
  let isDown = false;
  const token = fresh();
  const tokens = counted(() => (isDown ? Promise.reject(new Error('down')) : token));
  await tokens.current();
  isDown = true;
  await vi.advanceTimersByTimeAsync(280_000);
  expect(await tokens.current()).toBe(token);
  expect(calls).toBe(2);
});

it('a token of another user is not used', async () => {
  const tokens = counted(() => fresh({ sub: calls === 1 ? 'ana' : 'eve' }));
  const ana = await tokens.current();
  await expect(tokens.renew()).rejects.toThrow('change the `key`');
  expect(await tokens.current()).toBe(ana);
});
