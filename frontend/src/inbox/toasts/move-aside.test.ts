import { expect, it } from 'vitest';
import { clearShift } from './move-aside';

const HEIGHT = 800;
const box = (top: number, bottom: number, left = 16, right = 374) => ({ top, right, bottom, left });

it.each([
  ['nothing is there', box(12, 100), [], 0],
  ['another element is beside them', box(12, 100, 200, 374), [box(12, 56, 0, 100)], 0],
  ['a bell is at the top', box(12, 100), [box(10, 54, 330, 374)], 50],
  ['a button is at the bottom', box(700, 780), [box(750, 790)], -38],
  ['a bell and a button are at the top', box(12, 100), [box(10, 54), box(120, 160)], 156],
  ['there is no room', box(0, 760), [box(10, 54)], 0],
  ['the other element is a large part of the page', box(12, 100), [box(0, 800)], 0],
])('moves toasts no further than needed if %s', (_, region, others, shift) => {
  expect(clearShift(region, others, HEIGHT)).toBe(shift);
});
