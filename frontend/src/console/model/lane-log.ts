import { isUnusual } from './waiting';
import type { PartitionState, RiverRecord } from './wire';

/** What the page knows about the record at one offset. */
export type RecordStatus =
  | 'log' // on the log; the page knows nothing else about it
  | 'flight' // created since this page was opened, and not settled yet
  | 'waiting' // the first unsettled record, for which the committed offset waits
  | 'acked'
  | 'parked'
  | 'dead'
  | 'ended' // settled because it is no longer owed: expired, superseded, muted, withdrawn
  | 'change'; // no notification: what a shopper or the shop changed, such as seen or read

/** The kinds of receipts that settle a record, and the record's status after that. */
const SETTLED: Readonly<Record<string, RecordStatus>> = {
  delivered: 'acked',
  parked: 'parked',
  dead_lettered: 'dead',
  expired: 'ended',
  superseded: 'ended',
  muted: 'ended',
  withdrawn: 'ended',
};

/** How long the end of the log that the service reports may lag behind the records that it sent. */
const LAGS_MS = 5000;

/** How many offsets a lane remembers; no screen shows more of them. */
export const REMEMBERED = 256;

/**
 * The end of one partition's log: its last offsets, and what became of the record at each of them.
 * Owns this data; the painters only read it.
 */
export class LaneLog {
  readonly partition: number;
  committed = 0;
  end = 0;
  waitsAt: number | undefined;
  /** Increases with each change, so that painters notice it. */
  version = 0;
  /** When the end that the service reports fell behind the records that it sent. */
  #behindSince: number | undefined;
  readonly #statuses = new Map<number, RecordStatus>();
  readonly #offsets = new Map<string, number>();

  constructor(partition: number) {
    this.partition = partition;
  }

  /** Take in what the service says of the partition at `now`, in ms. */
  see({ committed, end, waits_for }: PartitionState, now: number): void {
    this.committed = committed;
    const said = Math.max(end, committed);
    // The service reads the log's end only now and then, so records beyond that end may arrive. But
    // if the end stays behind the records, the topic was deleted and made again. Then this is the
    // end of the new log.
    if (said >= this.end) this.#behindSince = undefined;
    else this.#behindSince ??= now;
    if (this.#behindSince !== undefined && now - this.#behindSince >= LAGS_MS) {
      this.#behindSince = undefined;
      this.#statuses.clear();
      this.#offsets.clear();
      this.end = said;
    } else this.end = Math.max(said, this.end);
    this.waitsAt = waits_for && isUnusual(waits_for, now) ? waits_for.offset : undefined;
    this.version++;
  }

  take({ kind, offset, id }: RiverRecord): void {
    if (offset !== null) {
      this.end = Math.max(this.end, offset + 1);
      if (!this.#statuses.has(offset))
        this.#statuses.set(offset, kind === 'created' ? 'flight' : 'change');
      if (kind === 'created' && id !== null) this.#remember(id, offset);
    }
    const status = SETTLED[kind];
    const at = status && id !== null ? this.#offsets.get(id) : undefined;
    if (status && at !== undefined) this.#statuses.set(at, status);
    this.#forget();
    this.version++;
  }

  statusAt(offset: number): RecordStatus {
    if (offset === this.waitsAt && offset >= this.committed) return 'waiting';
    const status = this.#statuses.get(offset) ?? 'log';
    // The record is settled, but its receipt was only counted, not sent.
    return status === 'flight' && offset < this.committed ? 'log' : status;
  }

  #remember(id: string, offset: number): void {
    this.#offsets.set(id, offset);
    if (this.#offsets.size <= REMEMBERED) return;
    const [oldest] = this.#offsets.keys();
    if (oldest !== undefined) this.#offsets.delete(oldest);
  }

  #forget(): void {
    if (this.#statuses.size <= REMEMBERED) return;
    const first = this.end - REMEMBERED;
    for (const offset of this.#statuses.keys()) if (offset < first) this.#statuses.delete(offset);
    // This is only a safeguard: at most `REMEMBERED` offsets can be left.
    while (this.#statuses.size > 2 * REMEMBERED) {
      const [oldest] = this.#statuses.keys();
      if (oldest !== undefined) this.#statuses.delete(oldest);
    }
  }
}
