import { beforeEach, expect, it, vi } from 'vitest';
import { AudioStandIn } from '../../testing/audio';
import { Tone } from './tone';

beforeEach(() => {
  AudioStandIn.notes = 0;
  AudioStandIn.isAllowed = true;
  vi.stubGlobal('AudioContext', AudioStandIn);
  return () => {
    vi.unstubAllGlobals();
  };
});

it('does not play a missed tone later', async () => {
  const tone = new Tone();
  AudioStandIn.isAllowed = false;
  await tone.enable();
  tone.play(0);
  expect(AudioStandIn.notes).toBe(0);
  AudioStandIn.isAllowed = true;
  await tone.enable();
  tone.play(0);
  expect(AudioStandIn.notes).toBe(2);
});

it('plays at most one tone every 2 s', async () => {
  const tone = new Tone();
  await tone.enable();
  tone.play(0);
  tone.play(1_999);
  expect(AudioStandIn.notes).toBe(2);
  tone.play(2_000);
  expect(AudioStandIn.notes).toBe(4);
});
