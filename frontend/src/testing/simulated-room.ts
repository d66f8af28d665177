import type {
  GroupEvent,
  InFlight,
  PartitionState,
  RiverRecord,
  RiverRecords,
  RiverState,
} from '../console/model/wire';

interface Pending {
  readonly offset: number;
  readonly id: string;
  readonly user: string;
  readonly pushedAt: number;
  readonly settlesAt: number;
  readonly kind: string;
  readonly edge: string;
  isSettled: boolean;
}

interface SimulatedLane {
  readonly partition: number;
  end: number;
  committed: number;
  pending: Pending[];
}

export interface Scene {
  readonly partitions: number;
  readonly instances: number;
  readonly perSecond: number;
  /** After each group of this many records, a browser falls silent for 25 s. */
  readonly silentEach: number;
}

const MOST_SENT = 20;
const COMMIT_MS = 500;

/**
 * Plays the console's service: instances that deliver made-up notifications. Time passes only in
 * `tick`, and the seed is fixed, so each run is the same.
 */
export class SimulatedRoom {
  readonly #scene: Scene;
  readonly #lanes: SimulatedLane[];
  readonly #groupEvents: GroupEvent[] = [];
  readonly urls: string[];
  #seed = 7;
  #due = 0;
  #count = 0;
  #committedAt = 0;
  now: number;

  constructor(scene: Scene, now: number) {
    this.#scene = scene;
    this.now = now;
    this.urls = Array.from(
      { length: scene.instances },
      (_, index) => `http://127.0.0.1:${8101 + index}`,
    );
    this.#lanes = Array.from({ length: scene.partitions }, (_, partition) => {
      const end = 1000 + partition * 37;
      return { partition, end, committed: end, pending: [] };
    });
    for (const url of this.urls) this.#happen('joined', url);
  }

  /** Let time pass, and return the records that arrived meanwhile. */
  tick(ms: number): RiverRecords {
    this.now += ms;
    const records = [...this.#settle(), ...this.#create(ms)];
    if (this.now - this.#committedAt >= COMMIT_MS) this.#commit();
    const more: Record<string, Record<string, number>> = {};
    for (const { partition, kind } of records.slice(MOST_SENT)) {
      const counts = more[partition] ?? {};
      more[partition] = { ...counts, [kind]: (counts[kind] ?? 0) + 1 };
    }
    return { at: this.#text(this.now), records: records.slice(0, MOST_SENT), more };
  }

  /**
   * Let one more instance join, or (with `die`) the last one die. The partitions are then shared
   * out again.
   */
  join(): void {
    const url = `http://127.0.0.1:${8101 + this.urls.length}`;
    this.urls.push(url);
    this.#happen('joined', url);
    this.#happen('rebalanced', null, '2 partitions changed hands; 6 over 3 instances');
  }

  die(): void {
    const url = this.urls.pop();
    if (url === undefined) return;
    this.#happen('died', url, 'its port is closed, and it has not left the group');
    this.#happen('rebalanced', null, '2 partitions changed hands; 6 over 2 instances');
  }

  state(): RiverState {
    const partitions = this.#lanes.map((lane) => this.#partition(lane));
    const perInstance = this.#scene.perSecond / this.urls.length;
    return {
      at: this.#text(this.now),
      topic: 'notifications',
      group: 'delivery',
      policy: 'park',
      partitions,
      instances: this.urls.map((url) => ({
        url,
        name: url.slice(-4),
        state: 'ready',
        reasons: {},
        generation: 7,
        draining: false,
        sockets: 6,
        partitions: partitions.filter(({ owner }) => owner === url).length,
        links: this.urls.filter((peer) => peer !== url).map((peer) => ({ peer, up: true })),
        per_second: { pushed: perInstance, acked: perInstance, hops: perInstance / 3 },
      })),
      in_flight: this.#lanes.flatMap((lane) =>
        lane.pending.filter(({ isSettled }) => !isSettled).map((one) => this.#inFlight(lane, one)),
      ),
      members: this.#groupEvents.slice(-30),
      troubles: [],
    };
  }

  #owner = (partition: number) => this.urls[partition % this.urls.length] ?? null;

  #partition(lane: SimulatedLane): PartitionState {
    const { partition, committed, end, pending } = lane;
    const open = pending.filter(({ isSettled }) => !isSettled);
    const [first] = open;
    return {
      partition,
      owner: this.#owner(partition),
      committed,
      end,
      lag: end - committed,
      settled_beyond: pending.filter(({ offset, isSettled }) => isSettled && offset > committed)
        .length,
      unsettled: open.length,
      paused: false,
      stopped: false,
      waits_for: first
        ? {
            offset: first.offset,
            id: first.id,
            user: first.user,
            state: 'pushed',
            since: this.#text(first.pushedAt),
            attempt: 1 + Math.floor((this.now - first.pushedAt) / 10_000),
            edges: [first.edge],
          }
        : null,
      in_flight: open.length,
    };
  }

  #inFlight = ({ partition }: SimulatedLane, one: Pending): InFlight => ({
    instance: this.#owner(partition) ?? '',
    partition,
    user: one.user,
    ids: [one.id],
    count: 1,
    pushed_at: this.#text(one.pushedAt),
    attempt: 1,
    edges: [one.edge],
  });

  #create(ms: number): RiverRecord[] {
    this.#due += (this.#scene.perSecond * ms) / 1000;
    const created: RiverRecord[] = [];
    for (; this.#due >= 1; this.#due--) {
      const lane = this.#lanes[Math.floor(this.#random() * this.#lanes.length)];
      if (!lane) break;
      const count = ++this.#count;
      const isSilent = count % this.#scene.silentEach === 0;
      const kind =
        this.#random() < 0.05 ? 'parked' : this.#random() < 0.03 ? 'superseded' : 'delivered';
      const one: Pending = {
        offset: lane.end++,
        id: `0198c0de-0000-7000-8000-${String(count).padStart(12, '0')}`,
        user: ['a•••a', 'b•••o', 'l•••s', 'm•••a'][count % 4] ?? '•••',
        pushedAt: this.now,
        settlesAt: this.now + (isSilent ? 25_000 : 40 + this.#random() * 400),
        kind: isSilent ? 'delivered' : kind,
        edge: this.urls[Math.floor(this.#random() * this.urls.length)] ?? '',
        isSettled: false,
      };
      lane.pending.push(one);
      created.push(this.#record('created', lane, one));
    }
    return created;
  }

  #settle(): RiverRecord[] {
    return this.#lanes.flatMap((lane) =>
      lane.pending
        .filter(({ isSettled, settlesAt }) => !isSettled && settlesAt <= this.now)
        .map((one) => {
          one.isSettled = true;
          return this.#record(one.kind, lane, one);
        }),
    );
  }

  #commit(): void {
    this.#committedAt = this.now;
    for (const lane of this.#lanes) {
      const first = lane.pending.findIndex(({ isSettled }) => !isSettled);
      const passed = first < 0 ? lane.pending.length : first;
      lane.pending.splice(0, passed);
      lane.committed = lane.pending[0]?.offset ?? lane.end;
    }
  }

  #record = (kind: string, { partition }: SimulatedLane, one: Pending): RiverRecord => ({
    kind,
    partition,
    offset: kind === 'created' ? one.offset : null,
    id: one.id,
    user: one.user,
    type: 'order.shipped',
    latency_ms: 12,
    attempt: 1,
    owner: this.#owner(partition),
    edge: one.edge,
    reason: null,
  });

  #happen(what: string, instance: string | null, detail = ''): void {
    this.#groupEvents.push({ at: this.#text(this.now), what, instance, detail });
  }

  #text = (at: number) => new Date(at).toISOString();

  /** A linear congruential generator, so that each run is the same. */
  #random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#seed / 2 ** 31;
  }
}
