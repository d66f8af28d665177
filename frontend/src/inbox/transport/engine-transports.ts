import type { TransportName } from './transports';

/** What a transport reports. After `onFailure`, the transport cannot be used any more. */
export interface TransportHandlers {
  readonly onText: (text: unknown) => void;
  readonly onWritten: () => void;
  readonly onFailure: (reason: string) => void;
}

export interface Transport {
  /** Write texts. The next ones must wait for `onWritten`. */
  write: (texts: readonly string[]) => void;
  close: () => void;
}

function webSocket(url: string, query: URLSearchParams, handlers: TransportHandlers): Transport {
  const socket = new WebSocket(`${url.replace('http', 'ws')}?${query}`);
  socket.onmessage = ({ data }) => {
    handlers.onText(data);
  };
  socket.onerror = () => {
    handlers.onFailure('websocket error');
  };
  socket.onclose = () => {
    handlers.onFailure('transport close');
  };
  return {
    write(texts) {
      for (const text of texts) socket.send(text);
      queueMicrotask(handlers.onWritten);
    },
    close() {
      socket.close();
    },
  };
}

const SEPARATOR = '\x1e';
const WRITE_TIMEOUT_MS = 15_000;

/** Long polling. `query` has the session id once the server has answered. */
function polling(url: string, query: URLSearchParams, handlers: TransportHandlers): Transport {
  let isOver = false;
  const polls = new AbortController();
  const call = async (body?: string): Promise<string> => {
    query.set('t', Math.random().toString(36).slice(2));
    // Browsers send no CORS preflight for a body of plain text.
    const init =
      body === undefined
        ? { signal: polls.signal }
        : { method: 'POST', body, signal: AbortSignal.timeout(WRITE_TIMEOUT_MS) };
    const response = await fetch(`${url}?${query}`, init);
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  };
  const fail = () => {
    isOver = true;
    handlers.onFailure('polling error');
  };
  const poll = async () => {
    while (!isOver) (await call()).split(SEPARATOR).forEach(handlers.onText);
  };
  poll().catch(fail);
  return {
    write(texts) {
      call(texts.join(SEPARATOR)).then(handlers.onWritten, fail);
    },
    /**
     * Close the connection at the server, and end the open poll, which might wait for minutes
     * without a network.
     */
    close() {
      if (!isOver && query.has('sid')) call('1').catch(() => undefined);
      isOver = true;
      polls.abort();
    },
  };
}

export const TRANSPORTS: Readonly<Record<TransportName, typeof webSocket>> = {
  websocket: webSocket,
  polling,
};
