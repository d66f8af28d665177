/** What the console's service sends. `docs/console.md` describes it. */

/** What the first unsettled record of a partition waits for. */
export interface Wait {
  readonly offset: number;
  readonly id: string | null;
  /** Masked, such as `a•••a`. */
  readonly user: string | null;
  readonly state: string;
  readonly since: string | null;
  readonly attempt: number | null;
  /** The instances whose sockets have the push. */
  readonly edges: readonly string[];
}

export interface PartitionState {
  readonly partition: number;
  /** The address of the owner, or null while no instance owns the partition. */
  readonly owner: string | null;
  readonly committed: number;
  readonly end: number;
  readonly lag: number;
  readonly settled_beyond: number;
  readonly unsettled: number;
  readonly paused: boolean;
  readonly stopped: boolean;
  readonly waits_for: Wait | null;
  readonly in_flight: number;
}

export interface InstanceState {
  readonly url: string;
  readonly name: string;
  readonly state: 'ready' | 'not ready' | 'gone';
  readonly reasons: Readonly<Record<string, string>>;
  readonly generation: number | null;
  readonly draining: boolean;
  readonly sockets: number | null;
  readonly partitions: number;
  readonly links: readonly { readonly peer: string; readonly up: boolean }[];
  /** Empty until the service has read the instance's counts twice. */
  readonly per_second: {
    readonly pushed?: number;
    readonly acked?: number;
    readonly hops?: number;
  };
}

/** The notifications of one user that are pushed and not acknowledged. */
export interface InFlight {
  readonly instance: string;
  readonly partition: number;
  readonly user: string;
  readonly ids: readonly string[];
  readonly count: number;
  readonly pushed_at: string | null;
  readonly attempt: number | null;
  readonly edges: readonly string[];
}

export interface GroupEvent {
  readonly at: string;
  readonly what: string;
  readonly instance: string | null;
  readonly detail: string | null;
}

/** A part that the service cannot see at present. */
export interface Trouble {
  readonly code: string;
  /** `Kafka`, or the address of an instance. */
  readonly part: string;
  /** The cause in English, or an empty text. */
  readonly detail: string;
  readonly since: string;
}

export interface RiverState {
  readonly at: string;
  readonly topic: string;
  readonly group: string;
  readonly policy: string | null;
  readonly partitions: readonly PartitionState[];
  readonly instances: readonly InstanceState[];
  readonly in_flight: readonly InFlight[];
  readonly members: readonly GroupEvent[];
  readonly troubles: readonly Trouble[];
}

export interface RiverRecord {
  readonly kind: string;
  readonly partition: number;
  /** Set for records of the main topic. */
  readonly offset: number | null;
  readonly id: string | null;
  readonly user: string | null;
  readonly type: string | null;
  readonly latency_ms: number | null;
  readonly attempt: number | null;
  readonly owner: string | null;
  readonly edge: string | null;
  readonly reason: string | null;
}

export interface RiverRecords {
  readonly at: string;
  readonly records: readonly RiverRecord[];
  /** How many more records there were than could be sent, by partition and kind. */
  readonly more: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Session {
  readonly demo: boolean;
  readonly may_repeat: boolean;
  readonly expires_at: string | null;
}

export interface Found {
  readonly id: string;
  readonly user_id: string;
  readonly type: string | null;
  readonly title: string | null;
  readonly created_at: string;
  readonly status: string;
}

export interface FoundList {
  readonly items: readonly Found[];
  readonly more: boolean;
  readonly known_since: string | null;
}

export interface Step {
  readonly name: string;
  readonly at: string | null;
  readonly after_ms: number | null;
  readonly details: {
    readonly partition?: number | null;
    readonly offset?: number | null;
    readonly owner?: string | null;
    readonly edge?: string | null;
    readonly attempt?: number | null;
    readonly reason?: string | null;
    /** For a dead letter: its partition and offset on the dead-letter topic, such as `0:17`. */
    readonly place?: string | null;
    readonly superseded_by?: string | null;
    readonly latency_ms?: number | null;
  };
}

export interface RawEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly at: string;
  /** Names and values. Kafka allows several headers with the same name. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly value: string | null;
}

export interface Life {
  readonly notification: Readonly<Record<string, unknown>> | null;
  readonly status: string;
  readonly steps: readonly Step[];
  readonly events: readonly RawEvent[];
  readonly known_since: string | null;
}

export interface RepeatAnswer {
  readonly would: readonly string[];
  readonly count: number;
  readonly applied: boolean;
}
