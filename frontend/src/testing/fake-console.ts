import { vi } from 'vitest';
import type { RiverRecord, Session } from '../console/model/wire';
import { lifeOf } from './simulated-lives';
import { SimulatedRoom } from './simulated-room';

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/**
 * Stands in for the console's service in tests of the page. Answers `fetch`, and sends what a test
 * asks for.
 */
export class FakeConsole {
  readonly room = new SimulatedRoom(
    { partitions: 2, instances: 2, perSecond: 10, silentEach: 1e9 },
    Date.now(),
  );
  session: Session = { demo: true, may_repeat: true, expires_at: null };
  /** The status of each answer, if it is not 200. */
  refusal: number | undefined;
  readonly requests: { readonly path: string; readonly body: unknown; readonly token: string }[] =
    [];
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  connections = 0;

  install(): void {
    vi.stubGlobal('fetch', this.#fetch);
    vi.stubGlobal('ResizeObserver', WideObserver);
    vi.stubGlobal('matchMedia', () => ({
      matches: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }));
  }

  send(event: string, data: unknown): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#stream?.enqueue(new TextEncoder().encode(text));
  }

  sendRecord(record: Partial<RiverRecord>): void {
    const empty = { kind: 'created', partition: 0, offset: null, id: null, user: null, type: null };
    const none = { latency_ms: null, attempt: null, owner: null, edge: null, reason: null };
    this.send('records', { at: '', records: [{ ...empty, ...none, ...record }], more: {} });
  }

  breakStream(): void {
    this.#stream?.error(new Error('the connection broke'));
  }

  readonly #fetch = (input: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    const token = (headers.get('authorization') ?? '').replace('Bearer ', '');
    this.requests.push({ path: input, body, token });
    if (this.refusal !== undefined)
      return Promise.resolve(json({ detail: 'the token expired' }, this.refusal));
    return Promise.resolve(this.#answer(input, body, init.signal));
  };

  #answer(path: string, body: unknown, signal?: AbortSignal | null): Response {
    if (path === '/api/river') return this.#river(signal);
    if (path === '/api/session') return json(this.session);
    if (path === '/api/repeat') {
      const { apply } = body as { apply: boolean };
      return json({ would: ['0198c0de-1'], count: 1, applied: apply });
    }
    const [, id] = /^\/api\/notifications\/(.+)$/.exec(path) ?? [];
    if (id !== undefined) return json(lifeOf(id));
    const query = new URLSearchParams(path.split('?')[1]);
    const { notification, status, known_since } = lifeOf('');
    const items = query.get('by') === 'order' ? [{ ...notification, status }] : [];
    return json({ items, more: false, known_since });
  }

  #river(signal?: AbortSignal | null): Response {
    this.connections++;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
        signal?.addEventListener('abort', () => {
          controller.error(new Error('aborted'));
        });
      },
    });
    queueMicrotask(() => {
      this.send('state', this.room.state());
    });
    return new Response(stream);
  }
}

/** Reports that each element is 640 px wide, because jsdom has no layout. */
class WideObserver {
  readonly #callback: ResizeObserverCallback;

  constructor(callback: ResizeObserverCallback) {
    this.#callback = callback;
  }

  observe(target: Element): void {
    const entry = { target, contentRect: { width: 640 } } as unknown as ResizeObserverEntry;
    this.#callback([entry], this);
  }

  unobserve(): void {
    // Nothing is observed.
  }

  disconnect(): void {
    // Nothing is observed.
  }
}
