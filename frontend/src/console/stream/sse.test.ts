import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sseReader } from './sse';

const TEXT =
  ': heartbeat\n\nevent: state\ndata: {"at":"ñ\u2028"}\n\nevent: records\r\ndata: {\r\ndata: }\r\n\r\ndata: x\n\n';

describe('a reader of server-sent events', () => {
  it('returns the same events however the stream is cut, and no comments', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length)), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
        const read = sseReader();
        const events = places
          .slice(1)
          .flatMap((end, index) => read(TEXT.slice(places[index], end)));
        expect(events).toEqual([
          { event: 'state', data: '{"at":"ñ\u2028"}' },
          { event: 'records', data: '{\n}' },
          { event: 'message', data: 'x' },
        ]);
      }),
    );
  });
});
