import { expect, it } from 'vitest';
import { Transports } from './transports';

const failing = (...timeouts: boolean[]) => {
  const transports = new Transports();
  const isPollingNow = timeouts.map((isTimeout) => transports.failed(isTimeout));
  return { transports, isPollingNow };
};

it('begins with a WebSocket', () => {
  expect(new Transports().current).toBe('websocket');
});

it('gives WebSockets a second try before it polls', () => {
  const { transports, isPollingNow } = failing(false, false);
  expect(isPollingNow).toEqual([false, true]);
  expect(transports.current).toBe('polling');
});

it('polls at once after a WebSocket that was never answered', () => {
  expect(failing(true).transports.current).toBe('polling');
});

it('alternates between both while nothing answers', () => {
  expect(failing(false, false, false, false, false).isPollingNow).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});

it('begins each connection with a WebSocket, and polls at once if it fails again', () => {
  const { transports } = failing(false, false);
  transports.worked();
  expect(transports.current).toBe('websocket');
  expect(transports.failed(false)).toBe(true);
});

it('again gives WebSockets a second try after one has worked', () => {
  const { transports } = failing(false, false);
  transports.worked();
  transports.worked();
  expect(transports.failed(false)).toBe(false);
});
