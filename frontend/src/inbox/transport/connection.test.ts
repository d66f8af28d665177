import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backend } from '../../testing/backend';
import { notification } from '../../testing/notifications';
import type { InboxEvent, Notification } from '../domain/notification';
import { Connection } from './connection';
import { Tokens } from './tokens';
import { socketAddress } from './urls';

let backend: Backend;
let other: Backend;
let connection: Connection;
let states: string[];
let received: Notification[];
let events: InboxEvent[];
let issued: number;

const PATIENCE = { timeout: 10_000, interval: 5 };
const state = () => states.at(-1);
const until = (wanted: string) =>
  vi.waitFor(() => {
    expect(state()).toBe(wanted);
  }, PATIENCE);

function connect(urls: readonly string[], getToken?: () => Promise<string>): void {
  const tokens = new Tokens(getToken ?? (() => Promise.resolve(`token-${(issued += 1)}`)));
  const servers = urls.map((url) => socketAddress(url));
  connection = new Connection(servers, tokens, {
    onState: (next, reason) => states.push(reason === '' ? next : `${next}: ${reason}`),
    onNotifications: (items) => received.push(...items),
    onInbox: (event) => events.push(event),
  });
  connection.start();
}

beforeEach(async () => {
  [backend, other] = await Promise.all([Backend.start(), Backend.start()]);
  [states, received, events, issued] = [[], [], [], 0];
  vi.spyOn(Math, 'random').mockReturnValue(0); // gives the shortest back-off, and the first server
});

afterEach(async () => {
  connection.stop();
  await Promise.all([backend.stop(), other.stop()]);
});

it('connects with the token, and acknowledges a push after handing it over', async () => {
  connect([backend.url]);
  await until('online');
  const heldAtAck: number[] = [];
  backend.onAck = () => heldAtAck.push(received.length);
  backend.push(notification(1), notification(2));
  await vi.waitFor(() => {
    expect(backend.acknowledged).toHaveLength(1);
  }, PATIENCE);
  expect(heldAtAck).toEqual([2]);
  expect(backend.connects).toEqual(['token-1']);
});

it('does not acknowledge a push that the client failed to store', async () => {
  const tokens = new Tokens(() => Promise.resolve('token'));
  const failing = vi.fn(() => {
    throw new Error('no room');
  });
  connection = new Connection([socketAddress(backend.url)], tokens, {
    onState: (next) => states.push(next),
    onNotifications: failing,
    onInbox: () => undefined,
  });
  connection.start();
  await until('online');
  // The listener's error becomes an uncaught exception. Wait for it.
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
  const answer = backend.sockets[0]?.timeout(200).emitWithAck('notifications', [notification(1)]);
  await expect(answer).rejects.toThrow('timed out');
  await expect(thrown).resolves.toMatchObject({ message: 'no room' });
  expect(failing).toHaveBeenCalledOnce();
});

it('hands over inbox events', async () => {
  connect([backend.url]);
  await until('online');
  backend.sendInboxEvent({
    unread_count: 3,
    unseen_count: 1,
    changed: [{ id: 'a', read_at: null }],
  });
  await vi.waitFor(() => {
    expect(events).toMatchObject([
      { counts: { unread: 3, unseen: 1 }, changed: [{ id: 'a', read_at: null }], erased: false },
    ]);
  }, PATIENCE);
});

it('reconnects by itself after the connection is cut', async () => {
  connect([backend.url]);
  await until('online');
  backend.cut();
  await until('offline');
  await until('online');
  expect(states).toEqual(['online', 'offline', 'online']);
});

it('reconnects after the server disconnects it', async () => {
  connect([backend.url]);
  await until('online');
  backend.sockets[0]?.disconnect(true);
  await until('offline');
  await until('online');
});

it('moves to the next instance when its instance is gone', async () => {
  connect([backend.url, other.url]);
  await until('online');
  expect(backend.sockets).toHaveLength(1);
  await backend.stop();
  await until('offline');
  await until('online');
  expect(other.sockets).toHaveLength(1);
  backend = await Backend.start();
});

it('tries a fresh token after a refusal', async () => {
  backend.refuse = (token) => (token === 'token-1' ? 'the token has expired' : undefined);
  connect([backend.url]);
  await until('online');
  expect(backend.connects).toEqual(['token-1', 'token-2']);
});

it('is refused when fresh tokens are refused too, and retries on request', async () => {
  backend.refuse = () => 'the token has expired';
  connect([backend.url]);
  await until('refused: the token has expired');
  expect(backend.connects).toEqual(['token-1', 'token-2']);
  backend.refuse = () => undefined;
  connection.retry();
  await until('online');
});

it('comes online by itself with a new token, also after a refusal that looks final', async () => {
  backend.refuse = (token) => (token < 'token-3' ? 'the signature is wrong' : undefined);
  backend.refusalData = { code: 'token_invalid', retryable: false };
  connect([backend.url]);
  await until('refused: the signature is wrong');
  await until('online');
  expect(states).toEqual(['refused: the signature is wrong', 'online']);
  expect(backend.connects).toEqual(['token-1', 'token-2', 'token-3']);
});

it('keeps its token, and is only offline, while the server cannot decide about tokens', async () => {
  let refusals = 2;
  backend.refuse = () => ((refusals -= 1) < 0 ? undefined : 'the keys cannot be fetched');
  backend.refusalData = { code: 'unavailable', retryable: true };
  connect([backend.url]);
  await until('online');
  expect(states).toEqual(['offline', 'online']);
  expect(backend.connects).toEqual(['token-1', 'token-1', 'token-1']);
});

it('reconnects at once when the browser is online again', async () => {
  const url = backend.url;
  await backend.stop();
  connect([url]);
  await until('offline');
  const pauses = vi.spyOn(globalThis, 'setTimeout');
  vi.spyOn(Math, 'random').mockReturnValue(1);
  connection.wake(true);
  await vi.waitFor(() => {
    // The attempt after `wake` failed at once. This is the wait after that attempt.
    expect(pauses.mock.calls.map(([, delay]) => delay)).toContain(750);
  }, PATIENCE);
  backend = await Backend.start();
});

it('keeps trying while `getToken` fails', async () => {
  let isDown = true;
  connect([backend.url], () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve('t')));
  await until('offline');
  isDown = false;
  await until('online');
});

it('disconnects on stop, and reports nothing more', async () => {
  connect([backend.url]);
  await until('online');
  connection.stop();
  await vi.waitFor(() => {
    expect(backend.sockets).toHaveLength(0);
  }, PATIENCE);
  expect(states).toEqual(['online']);
});

const tokenFor = (seconds: number, name: string, age?: number) => {
  const now = Date.now() / 1000;
  const iat = age === undefined ? undefined : now - age;
  return `${name}.${btoa(JSON.stringify({ iat, exp: now + seconds }))}.signature`;
};

it('sends a fresh token before the old one expires, and keeps the connection', async () => {
  const extensions: string[] = [];
  backend.extend = (token) => {
    extensions.push(token.split('.')[0] ?? '');
    return { ok: true };
  };
  const tokens = [tokenFor(0.4, 'first'), tokenFor(3600, 'second')];
  backend.lasting = (token) => (token.startsWith('first') ? 0.4 : 3600);
  connect([backend.url], () => Promise.resolve(tokens.shift() ?? ''));
  await vi.waitFor(() => {
    expect(extensions).toEqual(['second']);
  }, PATIENCE);
  expect(states).toEqual(['online']);
});

it.each([
  ['ahead, and tokens have no `iat`', 6 * 60_000, () => tokenFor(300, 'any')],
  ['ahead', 6 * 60_000, () => tokenFor(300, 'any', 0)],
  ['behind', -6 * 60_000, () => tokenFor(300, 'any', 0)],
])('sends no token in a loop when the browser’s clock is %s', async (_, skew, make) => {
  const extensions: string[] = [];
  backend.lasting = () => 300;
  backend.extend = (token) => {
    extensions.push(token);
    return { ok: true };
  };
  const serverNow = Date.now;
  const token = make();
  vi.spyOn(Date, 'now').mockImplementation(() => serverNow() + skew);
  connect([backend.url], () => {
    issued += 1;
    return Promise.resolve(`${token}${issued}`);
  });
  await until('online');
  await vi.waitFor(() => {
    expect(backend.checks).toBe(1);
  }, PATIENCE);
  // The loop that this test guards against took 20 ms a turn.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([extensions.length, issued]).toEqual([0, 1]);
});

it('does not resend a token that the server has, and asks for the next one at growing intervals', async () => {
  const extensions: string[] = [];
  backend.extend = (token) => {
    extensions.push(token);
    return { ok: true };
  };
  backend.lasting = () => 0.1;
  const same = tokenFor(0.1, 'same');
  connect([backend.url], () => {
    issued += 1;
    return Promise.resolve(same);
  });
  await until('online');
  await vi.waitFor(() => {
    expect(issued).toBe(2);
  }, PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([extensions.length, issued]).toEqual([0, 2]);
});

it('is refused when the server says that the fresh token is another user’s', async () => {
  backend.extend = () => ({ ok: false, error: 'the token is another user’s', code: 'other_user' });
  const tokens = [tokenFor(0.4, 'first'), tokenFor(3600, 'second')];
  backend.lasting = () => 0.4;
  connect([backend.url], () => Promise.resolve(tokens.shift() ?? ''));
  await until('refused: the token is another user’s');
  await vi.waitFor(() => {
    expect(backend.sockets).toHaveLength(0);
  }, PATIENCE);
});

it('waits for the shopper when another tab has taken its place', async () => {
  connect([backend.url]);
  await until('online');
  const [socket] = backend.sockets;
  socket?.emit('ended', { reason: 'too_many_connections', message: 'too many tabs' });
  socket?.disconnect();
  await until('refused: too many tabs');
  connection.wake(false);
  await until('online');
  expect(states).toEqual(['online', 'refused: too many tabs', 'connecting', 'online']);
});

it('stays refused until it is accepted, even when the page is shown again', async () => {
  backend.refuse = () => 'the token has expired';
  connect([backend.url]);
  await until('refused: the token has expired');
  connection.wake(false);
  expect(backend.connects).toHaveLength(2);
  connection.wake(true);
  await vi.waitFor(() => {
    expect(backend.connects).toHaveLength(3);
  }, PATIENCE);
  expect(state()).toBe('refused: the token has expired');
});

it('asks for a new token when the sessions of the shopper were ended', async () => {
  const tokens = ['old', 'new'];
  connect([backend.url], () => Promise.resolve(tokenFor(3600, tokens.shift() ?? '')));
  await until('online');
  backend.refuse = (token) => (token.startsWith('old') ? 'the sessions were ended' : undefined);
  const [socket] = backend.sockets;
  socket?.emit('ended', { reason: 'sessions_ended', message: 'sign in again' });
  socket?.disconnect();
  await until('offline');
  await until('online');
  expect(states).toEqual(['online', 'offline', 'online']);
  expect(backend.connects.map((token) => token.split('.')[0])).toEqual(['old', 'new']);
});

it('connects again after a long pause when the server says that it sent too much', async () => {
  connect([backend.url]);
  await until('online');
  const pauses = vi.spyOn(globalThis, 'setTimeout');
  backend.sockets[0]?.emit('ended', { reason: 'too_many_packets', message: 'too many packets' });
  await until('offline');
  expect(pauses.mock.calls.map(([, delay]) => delay)).toContain(7_500);
});
