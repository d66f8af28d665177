import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server as SocketServer, type Socket } from 'socket.io';
import { categoryOf, FILTERS, isListed, type Notification } from '../inbox/domain/notification';
import type { Preferences } from '../inbox/domain/preferences';
import { listen, type Answer, type Answered, type Call } from './http';
import { tally } from './tally';
import { withMarks, withSweep, type Marks } from './marking';

const problem = (status: number, detail: string): Answer => ({
  status,
  body: { type: 'about:blank', title: 'Not done', status, detail },
});

/**
 * Stands in for the producer API and a delivery instance, over one list in memory. Uses real HTTP
 * and real Socket.IO, as the services do. Tests change the public fields to cause failures.
 */
export class Backend {
  items: Notification[] = [];
  preferences: Preferences = { muted: [], quiet_hours: null, always: ['order'] };
  /** The server's time. The server neither lists nor counts what has expired. */
  clock: () => number = Date.now;
  /** Whether events have the counts of the categories that they affect. */
  namesCategories = true;
  #moment = Date.parse('2026-01-01T00:00:00.000Z');
  /** The ids of each push that was acknowledged. */
  readonly acknowledged: string[][] = [];
  /** The tokens of all attempts to connect. */
  readonly connects: string[] = [];
  /** All REST calls that `drop` did not cut. */
  readonly calls: Call[] = [];
  /** Return why a token is refused, or undefined to accept it. */
  refuse: (token: string) => string | undefined = () => undefined;
  /** What the server adds to a refusal of a connection. */
  refusalData: { code: string; retryable: boolean } | undefined;
  /**
   * Return the seconds until the token expires, for the answer to a `check` event. With `silent`,
   * the server does not answer checks.
   */
  lasting: (token: string) => number | 'silent' = () => 3600;
  /** Return an answer to replace the API's, or undefined to keep the API's. */
  intercept: (call: Call) => Answer | undefined | Promise<Answer | undefined> = () => undefined;
  /** Whether to cut each REST call, as if the API were unreachable. */
  drop = false;
  /** Return the answer to an `auth` event. */
  extend: (token: string) => { ok: boolean; error?: string; code?: string } = () => ({
    ok: true,
  });
  checks = 0;
  onAck: (ids: readonly string[]) => void = () => undefined;
  /**
   * Return what happens to a new connection. `block` answers 403, `hang` never answers, and `cut`
   * closes the connection after the handshake.
   */
  fate: (transport: string) => 'accept' | 'block' | 'hang' | 'cut' = () => 'accept';
  /** Whether sockets are never accepted: nothing answers their connect packets. */
  ignoresConnects = false;
  /** Whether nothing answers what a polling connection writes. */
  ignoresWrites = false;
  /** The query strings of all requests to open a connection. */
  readonly handshakes: URLSearchParams[] = [];
  readonly url: string;
  readonly #http: HttpServer;
  readonly #hung: IncomingMessage[] = [];
  readonly #io: SocketServer;

  private constructor(http: HttpServer, url: string) {
    this.url = url;
    this.#http = http;
    this.#io = new SocketServer(http, {
      cors: { origin: '*' },
      allowRequest: (request, answer) => {
        const { searchParams } = new URL(request.url ?? '', this.url);
        this.handshakes.push(searchParams);
        const fate = this.fate(searchParams.get('transport') ?? '');
        if (fate === 'hang') this.#hung.push(request);
        else answer(null, fate !== 'block');
      },
    });
    this.#io.engine.on('connection', (socket: { transport: { name: string }; close(): void }) => {
      if (this.fate(socket.transport.name) === 'cut') socket.close();
    });
    this.#io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
      if (this.ignoresWrites && request.method === 'POST') this.#hung.push(request);
      else next();
    });
    this.#io.use((socket, next) => {
      const token = String(socket.handshake.auth.token);
      this.connects.push(token);
      if (this.ignoresConnects) return;
      const reason = this.refuse(token);
      const refusal = Object.assign(new Error(reason), { data: this.refusalData });
      next(reason === undefined ? undefined : refusal);
    });
    this.#io.on('connection', (socket) => {
      let inUse = String(socket.handshake.auth.token);
      socket.on('auth', ({ token }: { token: string }, ack: (answer: unknown) => void) => {
        const answer = this.extend(token);
        if (answer.ok) inUse = token;
        ack(answer);
      });
      socket.on('check', (ack: (answer: unknown) => void) => {
        this.checks += 1;
        const expires_in = this.lasting(inUse);
        if (expires_in !== 'silent') ack({ ok: true, expires_in });
      });
    });
  }

  static async start(): Promise<Backend> {
    const holder: { backend?: Backend } = {};
    const { server, url } = await listen(
      (call) => holder.backend?.answer(call) ?? problem(503, 'starting'),
    );
    holder.backend = new Backend(server, url);
    return holder.backend;
  }

  async stop(): Promise<void> {
    // This also closes the HTTP server, which would wait for idle connections.
    const closed = this.#io.close();
    this.#http.closeAllConnections();
    for (const { socket } of this.#hung) socket.destroy();
    await closed;
  }

  get sockets(): Socket[] {
    return [...this.#io.sockets.sockets.values()];
  }

  /** Create notifications, and push them in one event to all connections. */
  create(...items: Notification[]): void {
    this.items = [...items.toReversed(), ...this.items];
    this.push(...items);
  }

  push(...items: Notification[]): void {
    for (const socket of this.sockets) {
      socket.emit('notifications', items, () => {
        const ids = items.map(({ id }) => id);
        this.acknowledged.push(ids);
        this.onAck(ids);
      });
    }
  }

  /** Send an `inbox` event to all connections. */
  sendInboxEvent(event: unknown): void {
    this.#io.emit('inbox', event);
  }

  /** Cut the connections, as a lost network does. The clients reconnect by themselves. */
  cut(): void {
    for (const socket of this.sockets) socket.conn.close();
  }

  private async answer(call: Call): Promise<Answered> {
    if (this.drop) return 'dropped';
    this.calls.push(call);
    const intercepted = await this.intercept(call);
    if (intercepted) return intercepted;
    if (call.url.pathname.endsWith('/preferences')) {
      if (call.method === 'PUT') this.preferences = call.body as Preferences;
      return { status: 200, body: this.preferences };
    }
    const [, , , , id] = call.url.pathname.split('/').slice(1);
    if (call.method === 'GET') return { status: 200, body: this.#page(call.url) };
    if (id === 'read' || id === 'seen') return this.#sweep(id, call.body as { up_to?: string });
    const item = this.items.find((other) => other.id === id);
    if (!item) return problem(404, 'no such notification');
    return { status: 200, body: this.mark(item.id, call.body as Marks) };
  }

  /**
   * Withdraw a notification as the API does for the shop, and send the event to all connections.
   */
  withdraw(id: string): void {
    const at = this.#now();
    const withdrawn = this.items.filter((item) => item.id === id);
    this.items = this.items.filter((item) => item.id !== id);
    const changed = withdrawn.map((item) => ({ ...item, withdrawn_at: at }));
    this.sendInboxEvent({ ...this.#countsAfter(withdrawn), at, changed });
  }

  /** Mark a notification as the API does for any device, and send the event to all connections. */
  mark(id: string, marks: Marks): Notification | undefined {
    const at = this.#now();
    const before = this.items.find((other) => other.id === id);
    const after = before && withMarks(before, marks, at);
    this.items = this.items.map((other) => (other === before && after ? after : other));
    if (after && JSON.stringify(after) !== JSON.stringify(before))
      this.sendInboxEvent({ ...this.#countsAfter([after]), at, changed: [after] });
    return after;
  }

  #sweep(what: 'read' | 'seen', { up_to = '~' }: { up_to?: string }): Answer {
    const at = this.#now();
    const before = this.items;
    this.items = before.map((item) => (item.id <= up_to ? withSweep(item, what, at) : item));
    const changed = this.items.filter((item, index) => item !== before[index]);
    const last = changed[0]?.id;
    if (last !== undefined)
      this.sendInboxEvent({
        ...this.#countsAfter(changed),
        at,
        changed: changed.slice(0, 2),
        [`${what}_up_to`]: last,
      });
    return { status: 200, body: this.#counts() };
  }

  #now(): string {
    return new Date((this.#moment += 1)).toISOString();
  }

  #page(url: URL) {
    const cursor = url.searchParams.get('cursor');
    const limit = Number(url.searchParams.get('limit'));
    const filter = FILTERS.find((name) => name === url.searchParams.get('status')) ?? 'all';
    const category = url.searchParams.get('category');
    const isOf = (item: Notification) => category === null || categoryOf(item.type) === category;
    const listed = this.#unexpired.filter((item) => isListed(filter, item) && isOf(item));
    const rest = listed.filter(({ id }) => cursor === null || id < cursor);
    const items = rest.slice(0, limit);
    const next_cursor = rest.length > limit ? (items.at(-1)?.id ?? null) : null;
    const counted = url.searchParams.get('counts')?.split(',');
    const by_category = counted && this.#byCategory(counted);
    return { items, next_cursor, ...this.#counts(), ...(by_category && { by_category }) };
  }

  get #unexpired(): Notification[] {
    const now = this.clock();
    return this.items.filter(({ expires_at }) => !(Date.parse(expires_at ?? '') <= now));
  }

  /** Return the counts for the event that reports a change of these items. */
  #countsAfter(changed: readonly Notification[]) {
    if (!this.namesCategories) return this.#counts();
    const categories = new Set(changed.map(({ type }) => categoryOf(type)));
    return { ...this.#counts(), by_category: this.#byCategory([...categories]) };
  }

  #byCategory(categories: readonly string[]) {
    return Object.fromEntries(categories.map((id) => [id, this.#counts(id)]));
  }

  #counts(category?: string) {
    const { unread, unseen } = tally(this.#unexpired, category);
    return { unread_count: unread, unseen_count: unseen };
  }
}
