import fc from 'fast-check';
import { expect, it } from 'vitest';
import { World } from '../../testing/world';
import { FILTERS, type Notification } from '../domain/notification';
import { isCounted, isWithin } from './state';

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 3000);

const nth = fc.nat({ max: 20 });
const marking = fc.constantFrom('read', 'unread', 'archive', 'unarchive');
const sweeping = fc.constantFrom('read-all', 'seen-all');

type Step = (world: World) => void;

const STEPS: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [
    4,
    fc.constant((world) => {
      world.create();
    }),
  ],
  [
    4,
    nth.map((n) => (world) => {
      world.deliverPush(n);
    }),
  ],
  [
    1,
    nth.map((n) => (world) => {
      world.repeatPush(n);
    }),
  ],
  [
    5,
    fc.boolean().map((more) => (world) => {
      world.stepRequest(more);
    }),
  ],
  [
    3,
    fc.constant((world) => {
      world.deliverEvent();
    }),
  ],
  [
    1,
    nth.map((n) => (world) => {
      world.repeatEvent(n);
    }),
  ],
  [
    3,
    fc.tuple(marking, nth).map(([kind, n]) => (world) => {
      world.mark(kind, n);
    }),
  ],
  [
    1,
    sweeping.map((kind) => (world) => {
      world.sweep(kind);
    }),
  ],
  [
    1,
    nth.map((n) => (world) => {
      world.supersede(n);
    }),
  ],
  [
    1,
    fc.constant((world) => {
      world.erase();
    }),
  ],
  [
    3,
    fc.tuple(marking, nth).map(([kind, n]) => (world) => {
      world.act(kind, n);
    }),
  ],
  [
    1,
    sweeping.map((kind) => (world) => {
      world.actOnAll(kind);
    }),
  ],
  [
    4,
    fc.boolean().map((isRefused) => (world) => {
      world.stepAction(isRefused);
    }),
  ],
  [
    1,
    fc.constantFrom(...FILTERS).map((filter) => (world) => {
      world.show(filter);
    }),
  ],
];

const step = fc.oneof(...STEPS.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** The moment of an own sweep is the client's until the list is loaded anew. */
const withoutTimes = (item: Notification) => ({
  ...item,
  seen_at: item.seen_at !== null,
  read_at: item.read_at !== null,
  archived_at: item.archived_at !== null,
});

function expectTheServersList(world: World): void {
  const { state } = world.store;
  const { filter, items } = world.store.getSnapshot();
  const reach = state.reaches[filter];
  const isLoaded = (id: string) =>
    reach.kind === 'nothing' ? isCounted(state, id) : isWithin(reach, id);
  const listed = world.listed(filter).filter(({ id }) => isLoaded(id));
  expect(items.map(withoutTimes)).toEqual(listed.map(withoutTimes));
}

it('any order of pushes, repeats, list pages, inbox events and own actions ends in the server’s lists and counts', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 8 }),
      fc.array(step, { maxLength: 60, size: 'max' }),
      (older, steps) => {
        const world = new World();
        for (let n = 0; n < older; n += 1) world.create();
        for (const take of steps) {
          take(world);
          const shown = world.store.getSnapshot().items.map(({ id }) => id);
          expect(shown).toEqual([...new Set(shown)].sort().reverse());
        }
        world.drain();
        expectTheServersList(world);
        if (world.store.state.reaches.all.kind === 'everything')
          expect(world.store.getSnapshot().counts).toEqual(world.counts());

        world.refresh();
        for (const filter of FILTERS) {
          world.show(filter);
          world.refresh();
          expectTheServersList(world);
        }
        expect(world.store.getSnapshot().counts).toEqual(world.counts());
      },
    ),
    { numRuns: RUNS },
  );
});
