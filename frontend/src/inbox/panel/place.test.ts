import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeAt } from './place';

const bellAt = (left: number, top: number) => ({ left, top, right: left + 44, bottom: top + 44 });

it('opens below the bell, aligned with its outer edge', () => {
  const view = { width: 1440, height: 900 };
  expect(placeAt(bellAt(1300, 10), view)).toEqual({ left: 936, top: 62, width: 408, height: 640 });
  expect(placeAt(bellAt(20, 10), view)).toMatchObject({ left: 20, top: 62 });
});

it('opens above a bell at the bottom', () => {
  const { top, height } = placeAt(bellAt(100, 700), { width: 768, height: 800 });
  expect(top + height).toBe(692);
});

it('stays in the window, wherever the bell is', () => {
  const coordinate = fc.integer({ min: -3000, max: 5000 });
  fc.assert(
    fc.property(
      coordinate,
      coordinate,
      fc.integer({ min: 641, max: 3000 }),
      fc.integer({ min: 200, max: 3000 }),
      (x, y, width, height) => {
        const place = placeAt(bellAt(x, y), { width, height });
        expect(place.left).toBeGreaterThanOrEqual(8);
        expect(place.top).toBeGreaterThanOrEqual(8);
        expect(place.left + place.width).toBeLessThanOrEqual(width - 8);
        expect(place.top + place.height).toBeLessThanOrEqual(height - 8);
      },
    ),
  );
});
