import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backend } from '../../testing/backend';
import { notification } from '../../testing/notifications';
import type { Notification } from '../domain/notification';
import { Connection } from './connection';
import { Tokens } from './tokens';
import { socketAddress } from './urls';

const PATIENCE = { timeout: 10_000, interval: 5 };

let backend: Backend;
let connection: Connection;
let states: string[];
let received: Notification[];

const blockWebsockets = (transport: string) => (transport === 'websocket' ? 'block' : 'accept');
const tried = () => backend.handshakes.map((query) => query.get('transport'));
const inUse = () => backend.sockets.map((socket) => socket.conn.transport.name);
const until = (state: string) =>
  vi.waitFor(() => {
    expect(states.at(-1)).toBe(state);
  }, PATIENCE);

beforeEach(async () => {
  backend = await Backend.start();
  [states, received] = [[], []];
  vi.spyOn(Math, 'random').mockReturnValue(0.25); // so that back-offs are short
  connection = new Connection(
    [socketAddress(backend.url)],
    new Tokens(() => Promise.resolve('token')),
    {
      onState: (state) => states.push(state),
      onNotifications: (items) => received.push(...items),
      onInbox: () => undefined,
    },
  );
});

afterEach(async () => {
  connection.stop();
  await backend.stop();
});

it('uses a WebSocket where it can', async () => {
  connection.start();
  await until('online');
  expect(inUse()).toEqual(['websocket']);
});

it('polls where WebSockets are blocked: it receives, and its acks arrive', async () => {
  backend.fate = blockWebsockets;
  connection.start();
  await until('online');
  expect(inUse()).toEqual(['polling']);
  backend.push(notification(1), notification(2));
  await vi.waitFor(() => {
    expect(backend.acknowledged).toHaveLength(1);
  }, PATIENCE);
  expect(received).toHaveLength(2);
  expect(tried()).toEqual(['websocket', 'websocket', 'polling']);
});

it('polls at once where the handshake of a WebSocket is never answered', async () => {
  backend.fate = (transport) => (transport === 'websocket' ? 'hang' : 'accept');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  connection.start();
  await vi.waitFor(() => {
    expect(tried()).toEqual(['websocket']);
  }, PATIENCE);
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  await until('online');
  expect(tried()).toEqual(['websocket', 'polling']);
  expect(states).toEqual(['online']);
});

it('tries polling when a server opens the connection, but never accepts the socket', async () => {
  backend.ignoresConnects = true;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  connection.start();
  await vi.waitFor(() => {
    expect(backend.connects).toHaveLength(1);
  }, PATIENCE);
  await vi.advanceTimersByTimeAsync(9_900);
  expect(tried()).toEqual(['websocket']);
  backend.ignoresConnects = false;
  await vi.advanceTimersByTimeAsync(100);
  vi.useRealTimers();
  await until('online');
  expect(tried()).toEqual(['websocket', 'polling']);
});

it('connects again after a write that nobody answers, and its acks arrive', async () => {
  backend.fate = blockWebsockets;
  connection.start();
  await until('online');
  await vi.waitFor(() => {
    expect(backend.checks).toBe(1);
  }, PATIENCE);
  // The same as the browser's own, but with a timer that the test can fake.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, milliseconds);
    return controller.signal;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  backend.ignoresWrites = true;
  states = ['online'];
  backend.push(notification(1));
  await vi.waitFor(() => {
    expect(received).toHaveLength(1);
  }, PATIENCE);
  await vi.advanceTimersByTimeAsync(14_900);
  expect(states).toEqual(['online']);
  await vi.advanceTimersByTimeAsync(100);
  await until('offline');
  backend.ignoresWrites = false;
  await until('online');
  vi.useRealTimers();
  backend.push(notification(1));
  await vi.waitFor(() => {
    expect(backend.acknowledged).toHaveLength(1);
  }, PATIENCE);
});

it('polls where WebSockets are cut after the handshake', async () => {
  backend.fate = (transport) => (transport === 'websocket' ? 'cut' : 'accept');
  connection.start();
  await until('online');
  expect(tried()).toEqual(['websocket', 'websocket', 'polling']);
});

it('tries WebSocket and polling in turn while a starting server refuses both', async () => {
  let refusals = 4;
  backend.fate = () => ((refusals -= 1) < 0 ? 'accept' : 'block');
  connection.start();
  await until('online');
  expect(tried()).toEqual(['websocket', 'websocket', 'polling', 'websocket', 'polling']);
});

it('tries a WebSocket first after a polling connection has ended', async () => {
  backend.fate = blockWebsockets;
  connection.start();
  await until('online');
  backend.fate = () => 'accept';
  backend.cut();
  await until('offline');
  await until('online');
  expect(inUse()).toEqual(['websocket']);
});

it('reconnects by polling after one blocked WebSocket', async () => {
  backend.fate = blockWebsockets;
  connection.start();
  await until('online');
  backend.cut();
  await until('offline');
  await until('online');
  expect(tried().slice(3)).toEqual(['websocket', 'polling']);
});

it('tells balancers which requests belong to one polling connection', async () => {
  backend.fate = blockWebsockets;
  connection.start();
  await until('online');
  const [websocket, , polling] = backend.handshakes.map((query) => query.get('affinity'));
  expect([websocket, polling]).toEqual([null, Math.random().toString(36).slice(2)]);
  const socket = backend.sockets[0];
  expect(socket?.handshake.query.affinity).toBe(polling);
});
