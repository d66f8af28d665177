import { describe, expect, it } from 'vitest';
import { rawText } from './raw-text';

describe('a raw record', () => {
  it('is indented if it is JSON that stays the same', () => {
    expect(rawText('{"a":[1,"ñ"]}')).toBe('{\n  "a": [\n    1,\n    "ñ"\n  ]\n}');
  });

  it.each(['{"id":9007199254740993}', '{"a":1,"a":2}', '{"a":1.0}', '{"cut off', ''])(
    'is shown as it is where a browser would change it: %s',
    (value) => {
      expect(rawText(value)).toBe(value);
    },
  );

  it('says that there is no value', () => {
    expect(rawText(null)).toBe('(null)');
  });
});
