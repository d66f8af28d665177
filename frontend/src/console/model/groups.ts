import type { InstanceState, PartitionState, RiverState } from './wire';

/**
 * An instance and the lanes that it owns. `url` is null for lanes without an owner; `instance` is
 * null also if the service does not know the owner.
 */
export interface Group {
  readonly url: string | null;
  readonly instance: InstanceState | null;
  readonly lanes: readonly PartitionState[];
}

const byPartition = (a: PartitionState, b: PartitionState) => a.partition - b.partition;

/** Return the lanes by owner: instances by name, then unknown owners, then lanes without one. */
export function groupsOf({ partitions, instances }: RiverState): Group[] {
  const lanesOf = (url: string | null) =>
    partitions.filter(({ owner }) => owner === url).toSorted(byPartition);
  const known = instances
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map((instance) => ({ url: instance.url, instance, lanes: lanesOf(instance.url) }));
  const urls = new Set<string | null>(instances.map(({ url }) => url));
  const others = [...new Set(partitions.map(({ owner }) => owner))]
    .filter((owner) => !urls.has(owner))
    .map((url) => ({ url, instance: null, lanes: lanesOf(url) }));
  return [...known, ...others];
}

/** If there are more lanes than this, each one is drawn thinner, on a single line. */
const COMFORTABLE = 16;

export const isCompact = ({ partitions }: RiverState): boolean => partitions.length > COMFORTABLE;
