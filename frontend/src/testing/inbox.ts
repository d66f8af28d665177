import { afterEach, beforeEach, expect, vi } from 'vitest';
import { Inbox } from '../inbox/inbox';
import { backend } from './fresh-backend';

// Importing this file gives each test its own backend, and an inbox that is not started yet.
export { backend };
export let inbox: Inbox;
let issuedTokens: number;

const PATIENCE = { timeout: 10_000, interval: 5 };
export const until = (check: () => void) => vi.waitFor(check, PATIENCE);
export const now = () => inbox.store.getSnapshot();
export const ids = () => now().items.map(({ id }) => id);
export const listCalls = () => backend.calls.filter(({ method }) => method === 'GET').length;
/** Return the numbers from the larger to the smaller one. */
export const downFrom = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, i) => from - i);

/** Wait until the inbox is connected, and has loaded its list after connecting. */
export const settled = () =>
  until(() => {
    expect(now()).toMatchObject({ connection: 'online', list: 'ready' });
    expect(listCalls()).toBeGreaterThanOrEqual(2);
  });

beforeEach(() => {
  issuedTokens = 0;
  inbox = new Inbox({
    apiUrl: backend.url,
    socketUrl: backend.url,
    getToken: () => Promise.resolve(`token-${(issuedTokens += 1)}`),
  });
});

afterEach(() => {
  inbox.stop();
});
