import type { Motion } from './room';

const SPAN_MS = 5000;

/** Counts what has arrived in the last five seconds. Owns the counts. */
export class Rate {
  #counts: { readonly at: number; readonly count: number }[] = [];

  add(count: number, now: number): void {
    if (count > 0) this.#counts.push({ at: now, count });
    this.#counts = this.#counts.filter(({ at }) => now - at < SPAN_MS);
  }

  perSecond(now: number): number {
    const recent = this.#counts.filter(({ at }) => now - at < SPAN_MS);
    return recent.reduce((sum, { count }) => sum + count, 0) / (SPAN_MS / 1000);
  }
}

/** How many notifications were created, including those that were only counted and not sent. */
export function createdIn({ records, more }: Motion): number {
  const sent = records.filter(({ kind }) => kind === 'created').length;
  return [...more.values()].reduce((sum, count) => sum + count, sent);
}
