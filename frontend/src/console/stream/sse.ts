/** One event of a stream of server-sent events. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Return a function that takes the stream's text piece by piece, and returns the events that each
 * piece completes. It ignores comments, such as heartbeats.
 */
export function sseReader(): (text: string) => StreamEvent[] {
  let rest = '';
  return (text) => {
    // A piece may end between CR and LF.
    const whole = (rest + text).replace(/\r\n/g, '\n');
    const blocks = whole.split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => eventOf(block) ?? []);
  };
}

function eventOf(block: string): StreamEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  // With the flag `s`, `.` also matches Unicode's line separators, which JSON may contain.
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+): ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
