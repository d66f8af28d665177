import type { RiverRecords, RiverState } from '../model/wire';
import { sseReader } from './sse';

/** The state of the stream. `lost`: the stream waits to retry, so the page shows no live data. */
export type Connection =
  | { readonly is: 'connecting' | 'live' }
  | { readonly is: 'lost'; readonly retryAt: number }
  | { readonly is: 'refused'; readonly status: 401 | 403 };

export interface StreamListener {
  readonly onState: (state: RiverState) => void;
  readonly onRecords: (records: RiverRecords) => void;
  readonly onConnection: (connection: Connection) => void;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 15_000;
/** The server sends a heartbeat each 15 s. After three missed ones, the connection is dead. */
const SILENCE_MS = 45_000;

/** Return the wait before a retry, in ms. It doubles with each retry. Up to half is random. */
export function retryDelay(tries: number, random: number): number {
  const full = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries);
  return full / 2 + (full / 2) * random;
}

/** Follow the river until the returned function is called. Reconnects after a lost connection. */
export function followRiver(token: string, listener: StreamListener): () => void {
  const ended = new AbortController();
  void follow(token, listener, ended.signal);
  return () => {
    ended.abort();
  };
}

async function follow(token: string, listener: StreamListener, ended: AbortSignal): Promise<void> {
  let tries = 0;
  const isEnded = () => ended.aborted;
  while (!isEnded()) {
    listener.onConnection({ is: 'connecting' });
    const status = await readOnce(token, listener, ended, () => {
      tries = 0;
    });
    if (isEnded()) return;
    if (status === 401 || status === 403) {
      listener.onConnection({ is: 'refused', status });
      return;
    }
    const delay = retryDelay(tries++, Math.random());
    listener.onConnection({ is: 'lost', retryAt: Date.now() + delay });
    await sleep(delay, ended);
  }
}

/** Read one connection to its end. Return the HTTP status if the service refused it. */
async function readOnce(
  token: string,
  listener: StreamListener,
  ended: AbortSignal,
  onFirst: () => void,
): Promise<number | undefined> {
  const attempt = new AbortController();
  const abort = () => {
    attempt.abort();
  };
  ended.addEventListener('abort', abort);
  let silence = setTimeout(abort, SILENCE_MS);
  try {
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    const response = await fetch('/api/river', { headers, signal: attempt.signal });
    if (!response.ok || !response.body) return response.status;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const eventsOf = sseReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      clearTimeout(silence);
      silence = setTimeout(abort, SILENCE_MS);
      for (const { event, data } of eventsOf(value)) {
        if (event === 'state') {
          onFirst();
          listener.onState(JSON.parse(data) as RiverState);
          listener.onConnection({ is: 'live' });
        } else if (event === 'records') listener.onRecords(JSON.parse(data) as RiverRecords);
      }
    }
  } catch {
    // There was no connection, or it broke, or it was silent for too long. The caller tries again.
    return undefined;
  } finally {
    clearTimeout(silence);
    ended.removeEventListener('abort', abort);
    attempt.abort();
  }
}

function sleep(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ended.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ended.addEventListener('abort', done);
  });
}
