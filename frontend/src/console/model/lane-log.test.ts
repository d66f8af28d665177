import { describe, expect, it } from 'vitest';
import { SimulatedRoom } from '../../testing/simulated-room';
import { LaneLog } from './lane-log';
import { Room } from './room';
import type { PartitionState, RiverRecord } from './wire';

const record = (kind: string, offset: number | null, id: string | null): RiverRecord => ({
  kind,
  offset,
  id,
  partition: 0,
  user: 'a•••a',
  type: null,
  latency_ms: null,
  attempt: null,
  owner: null,
  edge: null,
  reason: null,
});

const state = (changes: Partial<PartitionState>): PartitionState => ({
  partition: 0,
  owner: null,
  committed: 0,
  end: 0,
  lag: 0,
  settled_beyond: 0,
  unsettled: 0,
  paused: false,
  stopped: false,
  waits_for: null,
  in_flight: 0,
  ...changes,
});

describe('a lane’s log', () => {
  it('follows a topic that was made again, and tolerates an end that is read late', () => {
    const log = new LaneLog(0);
    log.take(record('created', 900, 'old'));
    log.see(state({ committed: 899, end: 899 }), 0);
    log.see(state({ committed: 901, end: 901 }), 2000);
    expect([log.end, log.statusAt(900)]).toEqual([901, 'log']);
    log.take(record('created', 1, 'new'));
    log.see(state({ committed: 1, end: 2 }), 10_000);
    log.see(state({ committed: 2, end: 3 }), 14_000);
    expect(log.end).toBe(901);
    log.see(state({ committed: 2, end: 3 }), 15_000);
    expect([log.end, log.statusAt(900)]).toEqual([3, 'log']);
  });

  it('shows a record in flight until its receipt comes, and then what became of it', () => {
    const log = new LaneLog(0);
    const kinds = ['delivered', 'parked', 'dead_lettered', 'superseded', 'seen'];
    kinds.forEach((_, offset) => {
      log.take(record('created', offset, `n${offset}`));
    });
    expect(kinds.map((_, offset) => log.statusAt(offset))).toEqual(kinds.map(() => 'flight'));
    kinds.forEach((kind, offset) => {
      log.take(record(kind, null, `n${offset}`));
    });
    expect(kinds.map((_, offset) => log.statusAt(offset))).toEqual([
      'acked',
      'parked',
      'dead',
      'ended',
      'flight',
    ]);
    expect(log.end).toBe(5);
  });

  it('shows a change on the log as a change, not as a notification in flight', () => {
    const log = new LaneLog(0);
    log.take(record('created', 0, 'n'));
    log.take(record('read', 1, 'n'));
    expect([log.statusAt(0), log.statusAt(1)]).toEqual(['flight', 'change']);
  });

  it('shows a record as waited for only when the wait is longer than usual', () => {
    const log = new LaneLog(0);
    const now = Date.parse('2026-11-30T09:00:10Z');
    const wait = { offset: 3, id: null, user: null, state: 'pushed', attempt: 1, edges: [] };
    const since = (at: string) =>
      state({ committed: 3, end: 5, waits_for: { ...wait, since: at } });
    log.see(since('2026-11-30T09:00:09.500Z'), now);
    expect(log.statusAt(3)).toBe('log');
    log.see(since('2026-11-30T09:00:04Z'), now);
    expect([log.statusAt(3), log.statusAt(4)]).toEqual(['waiting', 'log']);
  });

  it('shows nothing as in flight that the committed offset has passed', () => {
    const log = new LaneLog(0);
    log.take(record('created', 7, 'n'));
    log.see(state({ committed: 8, end: 8 }), 0);
    expect(log.statusAt(7)).toBe('log');
  });

  it('follows a simulated room: shows all unsettled records, and none below the committed offset', () => {
    const room = new Room();
    const played = new SimulatedRoom(
      { partitions: 3, instances: 2, perSecond: 20, silentEach: 40 },
      Date.parse('2026-11-30T09:00:00Z'),
    );
    for (let turn = 1; turn <= 600; turn++) {
      room.onRecords(played.tick(100));
      if (turn % 5 !== 0) continue;
      const seen = played.state();
      room.onState(seen);
      for (const { partition, committed, end, unsettled } of seen.partitions) {
        const log = room.lane(partition);
        expect([log.committed, log.end]).toEqual([committed, end]);
        const statuses = Array.from({ length: 200 }, (_, back) => log.statusAt(end - 1 - back));
        const open = statuses.filter((status) => status === 'flight' || status === 'waiting');
        expect(open.length).toBe(unsettled);
        const past = statuses.slice(end - committed);
        expect(past).not.toContain('flight');
      }
    }
  });
});
