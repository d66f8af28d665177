import { describe, expect, it, vi } from 'vitest';
import { ApiError } from './api-error';
import { backoff } from './backoff';
import { Servers } from './servers';
import { readInboxEvent, readNotifications, readPage } from './wire';

describe('back-off', () => {
  it('doubles to a cap', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    expect([0, 1, 2, 20].map((attempt) => backoff(attempt))).toEqual([500, 1000, 2000, 15_000]);
  });

  it('is spread by half to either side', () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(1);
    expect([backoff(1), backoff(1)]).toEqual([500, 1500]);
  });
});

describe('servers', () => {
  it('start at a random one and take turns', () => {
    const servers = new Servers(['a', 'b', 'c'], () => 0.7);
    const seen = [servers.current];
    servers.moveOn();
    seen.push(servers.current);
    expect(seen).toEqual(['c', 'a']);
  });

  it('cannot be an empty list', () => {
    expect(() => new Servers([])).toThrow('at least one');
  });
});

describe('an error of the API', () => {
  it.each([
    [401, 'unauthorized', false],
    [404, 'rejected', true],
    [429, 'failing', false],
    [503, 'failing', false],
  ])('%i is %s', async (status, kind, isFinal) => {
    const error = await ApiError.from(new Response('{"detail":"so"}', { status }));
    expect(error).toMatchObject({ kind, isFinal, message: 'so' });
  });
});

describe('reading from the network', () => {
  it('skips malformed entries of a list and keeps the others', () => {
    const items = readNotifications([
      { id: 'a' },
      null,
      'text',
      { title: 'no id' },
      { id: 'b', title: 7, data: [] },
    ]);
    expect(items.map(({ id, title, data, read_at }) => [id, title, data, read_at])).toEqual([
      ['a', '', {}, null],
      ['b', '', {}, null],
    ]);
    expect(readNotifications('not a list')).toEqual([]);
  });

  it('reads an absent, malformed or unknown severity as info', () => {
    const severities = ['critical', undefined, 7, null, 'catastrophic'];
    const items = readNotifications(severities.map((severity) => ({ id: 'a', severity })));
    expect(items.map(({ severity }) => severity)).toEqual([
      'critical',
      ...Array<string>(4).fill('info'),
    ]);
  });

  it('turns a negative or malformed count into zero', () => {
    expect(readPage({ unread_count: -2, unseen_count: 'many' }).counts).toEqual({
      unread: 0,
      unseen: 0,
    });
    expect(readPage(undefined)).toEqual({
      items: [],
      nextCursor: null,
      counts: { unread: 0, unseen: 0 },
    });
  });

  it('distinguishes a mark that was taken back from an absent one', () => {
    const event = readInboxEvent({
      changed: [
        { id: 'a', read_at: null },
        { id: 'b', superseded_by: 'c' },
        { id: 'd', withdrawn_at: '2026-01-01T00:00:00.000Z' },
        { id: 'e', withdrawn_at: null },
      ],
    });
    expect(event?.changed).toEqual([
      { id: 'a', read_at: null },
      { id: 'b', superseded_by: 'c' },
      { id: 'd', withdrawn: true },
      { id: 'e' },
    ]);
    expect(readInboxEvent(null)).toBeUndefined();
  });

  it('reads the id and the time of "all read", if they are valid', () => {
    const payload = { at: '2026-01-01T00:00:00.000Z', read_up_to: 'c', changed: [] };
    expect(readInboxEvent(payload)).toMatchObject({ at: payload.at, readUpTo: 'c' });
    expect(readInboxEvent({ at: 7, read_up_to: 7 })).toMatchObject({ at: '', readUpTo: null });
  });
});
