import fc from 'fast-check';
import { expect, it } from 'vitest';
import { notification } from '../../testing/notifications';
import { CHUNK_SIZE, dayGroups } from './day-groups';

const NOW = new Date(2026, 2, 20, 12).getTime();
const HOUR = 3_600_000;

const aged = (hours: readonly number[]) =>
  hours.map((age, index) =>
    notification(hours.length - index, { created_at: new Date(NOW - age * HOUR).toISOString() }),
  );

it('names today and yesterday, and shows other days as dates, with the year if it differs', () => {
  const days = dayGroups(aged([0, 11, 13, 100, 8760]), NOW, 'es');
  expect(days.map(({ label }) => label)).toEqual([
    'hoy',
    'ayer',
    'lunes, 16 de marzo',
    'jueves, 20 de marzo de 2025',
  ]);
  expect(dayGroups(aged([0, 13]), NOW, 'en').map(({ label }) => label)).toEqual([
    'today',
    'yesterday',
  ]);
});

it('keeps all items in order, in chunks with the right start', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 200 }), { maxLength: 300 }), (ages) => {
      const items = aged(ages.sort((a, b) => a - b));
      const chunks = dayGroups(items, NOW, 'es').flatMap((day) => day.chunks);
      expect(chunks.flatMap((chunk) => chunk.items)).toEqual(items);
      for (const { start, items: part } of chunks) {
        expect(items[start]).toBe(part[0]);
        expect(part.length).toBeLessThanOrEqual(CHUNK_SIZE);
      }
      const keys = chunks.map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

it('changes only the first chunk when an item arrives on top', () => {
  const items = aged(Array.from({ length: 120 }, () => 1));
  const arrival = notification(999, { created_at: new Date(NOW).toISOString() });
  const before = dayGroups(items, NOW, 'es').flatMap((day) => day.chunks);
  const after = dayGroups([arrival, ...items], NOW, 'es').flatMap((day) => day.chunks);
  expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
  expect(after.slice(1).map((chunk) => chunk.items)).toEqual(
    before.slice(1).map((chunk) => chunk.items),
  );
});

it('keeps an item without a valid date next to its neighbours', () => {
  const items = aged([1, 2, 3]).map((item, index) =>
    index === 1 ? { ...item, created_at: 'soon' } : item,
  );
  expect(dayGroups(items, NOW, 'es')).toHaveLength(1);
  expect(dayGroups([notification(1, { created_at: '' })], NOW, 'es')).toHaveLength(1);
});
