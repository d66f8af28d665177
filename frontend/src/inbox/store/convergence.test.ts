import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LISTS } from '../../testing/tally';
import { World } from '../../testing/world';
import type { Notification } from '../domain/notification';
import { isLoaded as isLoadedInAll, isWithin, reachOf } from './state';

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 3000);
/** A run takes 1 to 2 ms of CPU time. The limit allows for a busy machine. */
const TIMEOUT_MS = 20_000 + 40 * RUNS;

const nth = fc.nat({ max: 20 });
const marking = fc.constantFrom('read', 'unread', 'archive', 'unarchive');
const sweeping = fc.constantFrom('read-all', 'seen-all');

interface Step {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<(world: World) => void>;
}

/** One kind of step; `weight` is its frequency relative to the other kinds. */
const step = <T>(
  weight: number,
  choice: fc.Arbitrary<T>,
  take: (world: World, chosen: T) => void,
): Step => ({
  weight,
  arbitrary: choice.map((chosen) =>
    Object.assign(
      (world: World) => {
        take(world, chosen);
      },
      // So that a counterexample can be read.
      { [fc.toStringMethod]: () => `${take.toString()} ${fc.stringify(chosen)}` },
    ),
  ),
});

const nothing = fc.constant(undefined);
const markingOfNth = fc.record({ kind: marking, n: nth });

const anyStep = fc.oneof(
  step(4, nothing, (world) => {
    world.create();
  }),
  step(2, nth, (world, n) => {
    world.commit(n);
  }),
  step(4, nth, (world, n) => {
    world.deliverPush(n);
  }),
  step(1, nth, (world, n) => {
    world.repeatPush(n);
  }),
  step(5, fc.boolean(), (world, more) => {
    world.stepRequest(more);
  }),
  step(3, nothing, (world) => {
    world.deliverEvent();
  }),
  step(1, nth, (world, n) => {
    world.repeatEvent(n);
  }),
  step(3, markingOfNth, (world, { kind, n }) => {
    world.mark(kind, n);
  }),
  step(1, sweeping, (world, kind) => {
    world.sweep(kind);
  }),
  step(1, nth, (world, n) => {
    world.supersede(n);
  }),
  step(1, nth, (world, n) => {
    world.withdraw(n);
  }),
  step(1, nth, (world, n) => {
    world.expire(n);
  }),
  step(1, nothing, (world) => {
    world.askAboutExpired();
  }),
  step(1, nothing, (world) => {
    world.countCategories();
  }),
  step(1, nothing, (world) => {
    world.erase();
  }),
  step(3, markingOfNth, (world, { kind, n }) => {
    world.act(kind, n);
  }),
  step(1, sweeping, (world, kind) => {
    world.actOnAll(kind);
  }),
  step(4, fc.boolean(), (world, isRefused) => {
    world.stepAction(isRefused);
  }),
  step(1, fc.boolean(), (world, isOnScreen) => {
    world.isOnScreen = isOnScreen;
  }),
  step(1, fc.constantFrom(...LISTS), (world, filter) => {
    world.show(filter);
  }),
);

/**
 * Check that the items are newest first, without duplicates. Calls `expect` only to fail, because
 * calling it at every step takes seconds.
 */
function expectNewestFirst(items: readonly Notification[]): void {
  const isAbove = ({ id }: Notification, below: Notification | undefined) =>
    below === undefined || id > below.id;
  if (items.every((item, index) => isAbove(item, items[index + 1]))) return;
  const ids = items.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort().reverse());
}

/**
 * Until the list is reloaded, a sweep of this client has the time of the client's clock. So times
 * are not compared.
 */
const withoutTimes = (item: Notification) => ({
  ...item,
  seen_at: item.seen_at !== null,
  read_at: item.read_at !== null,
  archived_at: item.archived_at !== null,
});

function expectTheServersList(world: World): void {
  const { state } = world.store;
  const { filter, items } = world.store.getSnapshot();
  const reach = reachOf(state, filter);
  const isLoaded = (id: string) =>
    reach.kind === 'nothing' ? isLoadedInAll(state, id) : isWithin(reach, id);
  const listed = world.listed(filter).filter(({ id }) => isLoaded(id));
  expect(items.map(withoutTimes)).toEqual(listed.map(withoutTimes));
}

it(
  'ends with the server’s lists and counts after any order of pushes, repeats, pages, events and actions',
  () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 8 }),
        fc.boolean(),
        fc.array(anyStep, { maxLength: 60, size: 'max' }),
        (older, hasTabs, steps) => {
          const world = new World();
          world.isCounting = hasTabs;
          for (let n = 0; n < older; n += 1) world.create();
          for (const take of steps) {
            take(world);
            expectNewestFirst(world.store.getSnapshot().items);
          }
          world.drain();
          expectTheServersList(world);
          const { counts, byCategory } = world.store.getSnapshot();
          expect(counts).toEqual(world.counts());
          expect(byCategory).toEqual(world.isCounting ? world.byCategory() : {});

          world.countCategories();
          world.refresh();
          expect(world.store.getSnapshot().byCategory).toEqual(world.byCategory());
          for (const filter of LISTS) {
            world.show(filter);
            world.refresh();
            expectTheServersList(world);
          }
          expect(world.store.getSnapshot().counts).toEqual(world.counts());
          expect(world.store.getSnapshot().byCategory).toEqual(world.byCategory());
        },
      ),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
