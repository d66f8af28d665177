import { describe, expect, it } from 'vitest';
import { laneWords, nameOf } from './waiting';
import type { PartitionState, Wait } from './wire';

const NOW = Date.parse('2026-11-30T09:00:00Z');
const OWNER = 'http://127.0.0.1:8101';
const EDGE = 'http://127.0.0.1:8102';

const wait = (changes: Partial<Wait> = {}): Wait => ({
  offset: 1234,
  id: 'n',
  user: 'a•••a',
  state: 'pushed',
  since: '2026-11-30T08:59:48Z',
  attempt: 2,
  edges: [OWNER],
  ...changes,
});

const lane = (changes: Partial<PartitionState>): PartitionState => ({
  partition: 3,
  owner: OWNER,
  committed: 118,
  end: 125,
  lag: 7,
  settled_beyond: 2,
  unsettled: 3,
  paused: false,
  stopped: false,
  waits_for: null,
  in_flight: 1,
  ...changes,
});

const said = (changes: Partial<PartitionState>) => {
  const { status, sentence } = laneWords(lane(changes), NOW);
  return [status, sentence.key];
};

describe('what a lane says', () => {
  it('says for whose acknowledgement it waits, since when and at which attempt', () => {
    const { status, sentence } = laneWords(lane({ waits_for: wait() }), NOW);
    expect(status).toBe('waiting');
    expect(sentence).toEqual({
      key: 'wait.pushed',
      parameters: { offset: '1234', user: 'a•••a', attempt: 2, edges: '8101' },
      since: '2026-11-30T08:59:48Z',
    });
  });

  it('names the instance through which a push takes a hop', () => {
    const { sentence } = laneWords(lane({ waits_for: wait({ edges: [EDGE] }) }), NOW);
    expect([sentence.key, sentence.parameters.edges]).toEqual(['wait.hop', '8102']);
  });

  it('puts what needs an operator first, then long waits, then what is usual', () => {
    expect(said({ stopped: true, waits_for: wait() })).toEqual(['alarm', 'lane.stopped']);
    expect(said({ owner: null })).toEqual(['alarm', 'lane.orphan']);
    expect(said({ waits_for: wait({ state: 'held' }), paused: true })).toEqual([
      'waiting',
      'wait.held',
    ]);
    expect(said({ waits_for: wait({ state: 'dead_letter', since: null }) })).toEqual([
      'waiting',
      'wait.dead_letter',
    ]);
    expect(said({ paused: true })).toEqual(['waiting', 'lane.paused']);
    expect(said({ waits_for: wait({ since: '2026-11-30T08:59:59.9Z' }) })).toEqual([
      'moving',
      'lane.moving',
    ]);
    expect(said({ unsettled: 0 })).toEqual(['moving', 'lane.unread']);
    expect(said({ unsettled: 0, lag: 0, owner: null })).toEqual(['rest', 'lane.rest']);
  });

  it('has words for a state that a newer service may send', () => {
    expect(said({ waits_for: wait({ state: 'astonished' }) })).toEqual(['waiting', 'wait.unknown']);
  });

  it('calls an instance by its port, or by its host', () => {
    const urls = ['http://127.0.0.1:8101', 'http://[::1]:8101', 'https://delivery-0.local', 'x'];
    expect(urls.map(nameOf)).toEqual(['8101', '8101', 'delivery-0.local', 'x']);
  });

  it('names the pods of a cluster, which all have the same port, by their addresses', () => {
    expect(['http://10.0.0.7:8102', 'http://[fd00::7]:8102'].map(nameOf)).toEqual([
      '10.0.0.7:8102',
      '[fd00::7]:8102',
    ]);
  });
});
