import { nameOf } from './waiting';
import type { Life, Step } from './wire';

/** The steps of a notification that reaches its reader, in order. */
const WAY = [
  'created',
  'written',
  'logged',
  'pushed',
  'acknowledged',
  'delivered',
  'committed',
  'seen',
  'read',
] as const;
const ENDS = ['superseded', 'expired', 'muted', 'withdrawn', 'dead_lettered', 'erased'] as const;

type KnownStep = (typeof WAY)[number] | (typeof ENDS)[number] | 'parked';
const KNOWN: readonly string[] = [...WAY, ...ENDS, 'parked'];
const isKnown = (name: string): name is KnownStep => KNOWN.includes(name);

/** One line of the timeline. */
export interface StoryStep {
  readonly name: KnownStep;
  /** `done`: the step has happened, even if its time is unknown. `next`: it may still happen. */
  readonly is: 'done' | 'next';
  readonly isEnd: boolean;
  readonly at: string | null;
  readonly afterMs: number | null;
  readonly details: Step['details'];
  /** Whether the push went through an instance other than the owner. */
  readonly isHop: boolean;
}

const isHop = ({ details: { owner, edge } }: Step) =>
  typeof owner === 'string' && typeof edge === 'string' && owner !== edge;

/** Return the steps that have happened, and those that may still come. */
export function storyOf({ steps }: Life): StoryStep[] {
  const done = steps.flatMap((step): StoryStep[] =>
    isKnown(step.name)
      ? [
          {
            name: step.name,
            is: 'done',
            isEnd: ENDS.some((end) => end === step.name),
            at: step.at,
            afterMs: step.after_ms,
            details: step.details,
            isHop: isHop(step),
          },
        ]
      : [],
  );
  if (done.some(({ isEnd }) => isEnd)) return done;
  const names = new Set<string>(done.map(({ name }) => name));
  const reached = WAY.findLastIndex((name) => names.has(name) && name !== 'committed');
  const next = WAY.filter((name, index) => !names.has(name) && mayCome(index, reached)).map(
    (name): StoryStep => ({
      name,
      is: 'next',
      isEnd: false,
      at: null,
      afterMs: null,
      details: {},
      isHop: false,
    }),
  );
  return [...done, ...next];
}

/** If a later step has happened, a missing one was not recorded. Only a commit may still come. */
const mayCome = (index: number, reached: number) => index > reached || WAY[index] === 'committed';

/** A place on the way from the API to the browser. */
export interface Station {
  readonly name: 'api' | 'log' | 'owner' | 'edge' | 'browser';
  /** Which partition and offset, or which instance: `P3 @ 124`, `8101`. */
  readonly label: string | null;
  readonly isReached: boolean;
  /** The time from the previous station, in ms. */
  readonly afterMs: number | null;
}

/** Return all places on the way, and whether the notification has reached each of them. */
export function wayOf({ steps }: Life): Station[] {
  const find = (name: string) => steps.find((step) => step.name === name);
  const logged = find('logged');
  const acked = find('acknowledged');
  const pushed = find('pushed') ?? acked;
  const between = (from: Step | undefined, to: Step | undefined) =>
    from?.at && to?.at ? Math.max(0, Date.parse(to.at) - Date.parse(from.at)) : null;
  const { partition, offset } = logged?.details ?? {};
  const { owner, edge } = { ...pushed?.details, ...acked?.details };
  const name = (url: string | null | undefined) => (url ? nameOf(url) : null);
  return [
    { name: 'api', label: null, isReached: find('created') !== undefined, afterMs: null },
    {
      name: 'log',
      label: partition === undefined ? null : `P${partition} @ ${offset ?? '?'}`,
      isReached: logged !== undefined,
      afterMs: between(find('created'), logged),
    },
    {
      name: 'owner',
      label: name(owner),
      isReached: pushed !== undefined,
      afterMs: between(logged, find('pushed')),
    },
    { name: 'edge', label: name(edge), isReached: pushed !== undefined, afterMs: null },
    {
      name: 'browser',
      label: null,
      isReached: acked !== undefined,
      afterMs: between(find('pushed'), acked),
    },
  ];
}

/** Return where the notification's dead letter is, as `partition:offset`, if it has one. */
export const deadLetterOf = ({ steps }: Life): string | undefined =>
  steps.find(({ name }) => name === 'dead_lettered')?.details.place ?? undefined;
