import type { Connection, StreamListener } from '../stream/river-stream';
import { LaneLog } from './lane-log';
import type { RiverRecord, RiverRecords, RiverState } from './wire';

/** What the page shows. It is replaced as a whole, at most twice a second. */
export interface Picture {
  readonly state: RiverState | undefined;
  readonly connection: Connection;
  /** When the visitor paused the picture. */
  readonly pausedAt: number | undefined;
  /** How far the service's clock is ahead of this browser's, in ms. */
  readonly ahead: number;
}

/** What the tracks and the hops show between two pictures. */
export interface Motion {
  readonly records: readonly RiverRecord[];
  /** For each lane, the number of new notifications that the service counted but did not send. */
  readonly more: ReadonlyMap<number, number>;
}

/**
 * What this page knows about the river. Owns the lanes' logs and the picture. The stream reports
 * what happens. Components subscribe to the picture, and tracks subscribe to the motion.
 */
export class Room implements StreamListener {
  readonly #lanes = new Map<number, LaneLog>();
  readonly #viewers = new Set<() => void>();
  readonly #movers = new Set<(motion: Motion) => void>();
  #picture: Picture = {
    state: undefined,
    connection: { is: 'connecting' },
    pausedAt: undefined,
    ahead: 0,
  };
  /** The newest state. If the picture is paused, it is shown when the pause ends. */
  #newest: RiverState | undefined;

  readonly picture = (): Picture => this.#picture;

  readonly subscribe = (viewer: () => void): (() => void) => {
    this.#viewers.add(viewer);
    return () => {
      this.#viewers.delete(viewer);
    };
  };

  readonly onMotion = (mover: (motion: Motion) => void): (() => void) => {
    this.#movers.add(mover);
    return () => {
      this.#movers.delete(mover);
    };
  };

  readonly lane = (partition: number): LaneLog => {
    const known = this.#lanes.get(partition);
    if (known) return known;
    const lane = new LaneLog(partition);
    this.#lanes.set(partition, lane);
    return lane;
  };

  readonly onState = (state: RiverState): void => {
    this.#newest = state;
    const at = Date.parse(state.at);
    for (const partition of state.partitions) this.lane(partition.partition).see(partition, at);
    if (this.#picture.pausedAt !== undefined) return;
    this.#show({ state, ahead: at - Date.now() });
    this.#move({ records: [], more: new Map() });
  };

  readonly onRecords = ({ records, more }: RiverRecords): void => {
    for (const record of records) this.lane(record.partition).take(record);
    if (this.#picture.pausedAt !== undefined) return;
    this.#move({ records, more: moreOf(more) });
  };

  readonly onConnection = (connection: Connection): void => {
    if (connection.is !== this.#picture.connection.is || connection.is === 'lost')
      this.#show({ connection });
  };

  readonly togglePause = (): void => {
    if (this.#picture.pausedAt === undefined) this.#show({ pausedAt: Date.now() });
    else {
      this.#show({ pausedAt: undefined, state: this.#newest });
      this.#move({ records: [], more: new Map() });
    }
  };

  #show(change: Partial<Picture>): void {
    this.#picture = { ...this.#picture, ...change };
    for (const viewer of this.#viewers) viewer();
  }

  #move(motion: Motion): void {
    for (const mover of this.#movers) mover(motion);
  }
}

/** Return how many new notifications of each lane were too many to be sent one by one. */
function moreOf(more: RiverRecords['more']): Map<number, number> {
  const counts = Object.entries(more).map(([lane, kinds]): [number, number] => [
    Number(lane),
    kinds.created ?? 0,
  ]);
  return new Map(counts.filter(([, count]) => count > 0));
}
