import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LaneLog } from '../model/lane-log';
import { TrackPainter } from './track-painter';
import styles from './track.module.css';

const PITCH = 16;

describe('a track', () => {
  const log = new LaneLog(0);
  const root = document.createElement('div');
  let painter: TrackPainter;
  const animate = vi.fn(() => ({}));
  beforeEach(() => {
    Object.assign(Element.prototype, { animate, getAnimations: () => [] });
    Object.assign(log, { end: 1000, committed: 990 });
    painter = new TrackPainter(log, root, PITCH);
    painter.resize(640);
    painter.frame(16, true);
  });

  const shift = (name: 'mark' | 'strip') => {
    const element = root.getElementsByClassName(styles[name] ?? name)[0] as HTMLElement;
    return Number(/-?[\d.]+/.exec(element.style.transform)?.[0]);
  };
  const see = (end: number, committed: number) => {
    Object.assign(log, { end, committed, version: log.version + 1 });
  };

  it('draws the mark as far from the end as the committed offset is', () => {
    expect(shift('mark')).toBe(-10 * PITCH);
  });

  it('follows the log smoothly, and the mark never passes the committed offset', () => {
    see(1012, 1004);
    const marks: number[] = [];
    let frames = 0;
    while (painter.frame(16, false)) {
      marks.push(shift('mark'));
      if (++frames > 200) break;
    }
    expect(frames).toBeGreaterThan(5);
    expect(frames).toBeLessThan(120);
    expect(shift('mark')).toBe(-8 * PITCH);
    expect(Math.max(...marks)).toBeLessThan(0);
  });

  it('jumps without moving when the reader wants no motion', () => {
    see(1012, 1004);
    expect(painter.frame(16, true)).toBe(false);
    expect(shift('mark')).toBe(-8 * PITCH);
  });

  it('rests while nothing changes', () => {
    expect(painter.frame(16, false)).toBe(false);
  });

  it('keeps as many elements as fit, however much comes, and however far the mark stays behind', () => {
    const count = () => root.querySelectorAll('*').length;
    const before = count();
    see(2_000_000_000, 1004);
    for (let frame = 0; frame < 100; frame++) painter.frame(16, false);
    expect(count()).toBe(before);
    expect(shift('mark')).toBe(-(640 - 3));
    expect(Math.abs(shift('strip'))).toBeLessThan(100_000);
  });

  it('adds up what comes in one burst', () => {
    painter.burst(40, 5000);
    painter.burst(2, 5100);
    expect(root).toHaveTextContent('+42');
    painter.burst(7, 9000);
    expect(root).toHaveTextContent('+7');
  });
});
