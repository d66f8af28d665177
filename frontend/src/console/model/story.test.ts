import { describe, expect, it } from 'vitest';
import { lifeOf } from '../../testing/simulated-lives';
import { deadLetterOf, storyOf, wayOf } from './story';
import type { Life, Step } from './wire';

const step = (name: string, at: string | null = null, details: Step['details'] = {}): Step => ({
  name,
  at,
  after_ms: null,
  details,
});
const life = (...steps: Step[]): Life => ({
  notification: null,
  status: 'pending',
  steps,
  events: [],
  known_since: null,
});
const told = (...steps: Step[]) =>
  storyOf(life(...steps)).map(({ name, is }) => (is === 'next' ? `${name}?` : name));

describe('the story of a notification', () => {
  it('says what may still come', () => {
    expect(told(step('created'), step('logged'))).toEqual([
      'created',
      'logged',
      'pushed?',
      'acknowledged?',
      'delivered?',
      'committed?',
      'seen?',
      'read?',
    ]);
  });

  it('expects nothing more of one that ended, and says that it ended', () => {
    for (const end of ['superseded', 'expired', 'muted', 'withdrawn', 'dead_lettered', 'erased']) {
      expect(told(step('created'), step(end))).toEqual(['created', end]);
      expect(storyOf(life(step(end)))[0]?.isEnd).toBe(true);
    }
  });

  it('still expects a parked one to be delivered when its reader is back', () => {
    expect(told(step('logged'), step('parked'), step('committed'))).toContain('delivered?');
  });

  it('requires no step that the records of an earlier version lack', () => {
    expect(told(step('created'), step('delivered'), step('read'))).toEqual([
      'created',
      'delivered',
      'read',
      'committed?',
    ]);
  });

  it('leaves out a step of a newer service that it has no words for', () => {
    expect(told(step('polished'), step('erased'))).toEqual(['erased']);
  });

  it('draws the way with the times between its places', () => {
    expect(wayOf(lifeOf(''))).toEqual([
      { name: 'api', label: null, isReached: true, afterMs: null },
      { name: 'log', label: 'P3 @ 124', isReached: true, afterMs: 9 },
      { name: 'owner', label: '8101', isReached: true, afterMs: 5 },
      { name: 'edge', label: '8102', isReached: true, afterMs: null },
      { name: 'browser', label: null, isReached: true, afterMs: 17 },
    ]);
    expect(wayOf(life(step('created'))).map(({ isReached }) => isReached)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('knows where the dead letter is', () => {
    expect(deadLetterOf(life(step('dead_lettered', null, { place: '0:17' })))).toBe('0:17');
    expect(deadLetterOf(life(step('created')))).toBeUndefined();
  });
});
