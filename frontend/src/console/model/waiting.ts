import type { PartitionState, Wait } from './wire';

/** Shorter waits are normal: a push to a browser and its ack may take this long. */
export const USUAL_WAIT_MS = 2000;

/** What to say about a lane: the key of a text, and the values to insert. */
export interface Sentence {
  readonly key: SentenceKey;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** When the wait began, if a clock should be shown. */
  readonly since?: string;
}

export type SentenceKey =
  | `wait.${(typeof STATES)[number]}`
  | 'wait.hop'
  | 'lane.stopped'
  | 'lane.paused'
  | 'lane.orphan'
  | 'lane.unread'
  | 'lane.moving'
  | 'lane.rest';

const STATES = [
  'pushed',
  'queued',
  'acked',
  'held',
  'dead_letter',
  'connecting',
  'unknown',
] as const;

const stateOf = ({ state }: Wait) => STATES.find((known) => known === state) ?? 'unknown';

/** The condition of a lane: at rest, moving, waiting longer than usual, or needing an operator. */
export type LaneStatus = 'rest' | 'moving' | 'waiting' | 'alarm';

export interface LaneWords {
  readonly status: LaneStatus;
  readonly sentence: Sentence;
}

const LOCAL = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Return the name of an instance for the page: its port if it runs on the service's own machine,
 * and otherwise its host and port, because the pods of a cluster all have the same port.
 */
export function nameOf(url: string): string {
  const [, host = url, port] = /^\w+:\/\/(\[[^\]]*\]|[^/:]+)(?::(\d+))?/.exec(url) ?? [];
  if (port === undefined) return host;
  return LOCAL.includes(host) ? port : `${host}:${port}`;
}

/** Return what to say about a lane: the one fact that matters most to somebody on call. */
export function laneWords(lane: PartitionState, now: number): LaneWords {
  const { committed, waits_for: wait, owner, lag, unsettled } = lane;
  if (lane.stopped) return says('alarm', 'lane.stopped', { offset: String(committed) });
  if (owner === null && lag > 0) return says('alarm', 'lane.orphan', { count: lag });
  if (wait && isUnusual(wait, now))
    return { status: 'waiting', sentence: waitSentence(wait, owner) };
  if (lane.paused) return says('waiting', 'lane.paused', { count: unsettled });
  if (unsettled > 0) return says('moving', 'lane.moving', { count: unsettled });
  return lag > 0 ? says('moving', 'lane.unread', { count: lag }) : says('rest', 'lane.rest', {});
}

/** Return whether a wait is longer than usual, or of a kind that is always unusual. */
export const isUnusual = ({ state, since }: Wait, now: number): boolean =>
  state === 'dead_letter' || (since !== null && now - Date.parse(since) >= USUAL_WAIT_MS);

const says = (
  status: LaneStatus,
  key: SentenceKey,
  parameters: Sentence['parameters'],
): LaneWords => ({
  status,
  sentence: { key, parameters },
});

/** Return what a record waits for: whose ack, in which attempt, through which instance. */
export function waitSentence(wait: Wait, owner: string | null): Sentence {
  const state = stateOf(wait);
  const through = wait.edges.filter((edge) => edge !== owner).map(nameOf);
  const isHop = state === 'pushed' && through.length > 0;
  return {
    key: isHop ? 'wait.hop' : `wait.${state}`,
    parameters: {
      // Without thousands separators, as Kafka's tools write offsets.
      offset: String(wait.offset),
      user: wait.user ?? '•••',
      attempt: wait.attempt ?? 1,
      edges: wait.edges.map(nameOf).join(', '),
    },
    ...(wait.since !== null && { since: wait.since }),
  };
}
