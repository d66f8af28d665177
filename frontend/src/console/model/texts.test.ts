import { describe, expect, it } from 'vitest';
import { SimulatedRoom } from '../../testing/simulated-room';
import { groupsOf, isCompact } from './groups';
import { guessesOf } from './guess';
import { createdIn, Rate } from './rates';
import { clockText, spanText, timeText } from './times';

describe('what a search text may name', () => {
  it.each([
    ['0198c0de-0000-7000-8000-000000000001', 'id'],
    ['40717263', 'order'],
    ['order:40717263', 'collapse_key'],
    ['alice', 'user'],
  ])('takes %s for its likeliest kind', (text, kind) => {
    expect(guessesOf(text)[0]).toBe(kind);
  });
});

describe('times', () => {
  it('are shown as a running clock', () => {
    expect([-5, 7_900, 750_000, 3_723_000].map(clockText)).toEqual([
      '0:00',
      '0:07',
      '12:30',
      '1:02:03',
    ]);
  });

  it('show a span with useful precision', () => {
    const spans = [3, 420, 1240, 240_000, 7_200_000, 400_000_000].map((ms) => spanText(ms, 'en'));
    expect(spans).toEqual(['3 ms', '420 ms', '1.2 sec', '4 min', '2 hr', '5 days']);
  });

  it('show milliseconds, to distinguish one step from the next', () => {
    expect(timeText('2026-11-30T09:41:07.120Z', 'es', 3)).toMatch(/:41:07,120$/);
  });
});

describe('lanes by their owner', () => {
  const scene = { partitions: 17, instances: 2, perSecond: 0, silentEach: 1 };
  const state = new SimulatedRoom(scene, 0).state();

  it('are grouped by instance, and those without an owner come last', () => {
    const partitions = state.partitions.map((lane) =>
      lane.partition === 4 ? { ...lane, owner: null } : lane,
    );
    const groups = groupsOf({ ...state, partitions });
    expect(groups.map(({ url, lanes }) => [url?.slice(-4), lanes.length])).toEqual([
      ['8101', 8],
      ['8102', 8],
      [undefined, 1],
    ]);
    const [first] = groups;
    expect(first?.lanes.map(({ partition }) => partition)).toEqual([0, 2, 6, 8, 10, 12, 14, 16]);
  });

  it('are drawn thinner when they are many', () => {
    expect(isCompact(state)).toBe(true);
    expect(isCompact({ ...state, partitions: state.partitions.slice(1) })).toBe(false);
  });
});

describe('the rate of what was created', () => {
  it('counts what was sent and what was only counted, of the last five seconds', () => {
    const rate = new Rate();
    rate.add(createdIn({ records: [], more: new Map([[3, 40]]) }), 1000);
    rate.add(10, 4000);
    expect([rate.perSecond(4000), rate.perSecond(7000), rate.perSecond(9500)]).toEqual([10, 2, 0]);
  });
});
