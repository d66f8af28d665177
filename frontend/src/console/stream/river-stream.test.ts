import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeConsole } from '../../testing/fake-console';
import { followRiver, retryDelay, type Connection } from './river-stream';

const listen = () => {
  const connections: Connection[] = [];
  const states: unknown[] = [];
  const stop = followRiver('token', {
    onState: (state) => states.push(state),
    onRecords: () => undefined,
    onConnection: (connection) => connections.push(connection),
  });
  return { connections, states, stop, is: () => connections.map(({ is }) => is) };
};

describe('the river’s stream', () => {
  let service: FakeConsole;
  beforeEach(() => {
    service = new FakeConsole();
    service.install();
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('is live from the first state on, and says when it is lost until the next', async () => {
    const { stop, is, states } = listen();
    await vi.advanceTimersByTimeAsync(0);
    expect(is()).toEqual(['connecting', 'live']);
    service.breakStream();
    await vi.advanceTimersByTimeAsync(0);
    expect(is().at(-1)).toBe('lost');
    expect(service.connections).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(is().slice(2)).toEqual(['lost', 'connecting', 'live']);
    expect([service.connections, states.length]).toEqual([2, 2]);
    stop();
  });

  it('gives up a connection that is silent for three heartbeats', async () => {
    const { stop, is } = listen();
    await vi.advanceTimersByTimeAsync(46_000);
    expect(is()).toContain('lost');
    stop();
  });

  it('waits longer after each failure, and never longer than 15 s', () => {
    expect([0, 1, 2, 9].map((tries) => retryDelay(tries, 1))).toEqual([1000, 2000, 4000, 15_000]);
    expect(retryDelay(9, 0)).toBe(7500);
  });

  it('does not try again with a token that is refused', async () => {
    service.refusal = 401;
    const { connections } = listen();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections).toEqual([{ is: 'connecting' }, { is: 'refused', status: 401 }]);
    expect(service.requests.length).toBe(1);
  });

  it('stops when it is told to', async () => {
    const { stop } = listen();
    await vi.advanceTimersByTimeAsync(0);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(service.connections).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
