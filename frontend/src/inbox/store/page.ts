import {
  isListed,
  isUnread,
  readItem,
  type Counts,
  type Filter,
  type Notification,
  type Page,
} from '../domain/notification';
import { countOf, sum } from './counts';
import { applyChange, afterSeen } from './receive';
import { mergeById } from './sorted';
import {
  EMPTY_STATE,
  isCounted,
  isWithin,
  NO_COUNTS,
  type InboxState,
  type PartialReach,
  type Reach,
} from './state';
import { withoutReplaced } from './superseded';

/** What an answer must be judged by; made when its request goes out. */
export interface Request {
  readonly generation: number;
  readonly filter: Filter;
  /** The page lists what is below this id; undefined for the first page. */
  readonly below: string | undefined;
}

/** Call as a list request goes out. One at a time: `sinceRequest` belongs to the latest. */
export function beginRequest(
  state: InboxState,
  filter: Filter,
  below?: string,
): [InboxState, Request] {
  return [
    { ...state, sinceRequest: EMPTY_STATE.sinceRequest },
    { generation: state.generation, filter, below },
  ];
}

const coverOf = (page: Page): Reach => {
  const lastId = page.items.at(-1)?.id;
  if (page.nextCursor === null || lastId === undefined) return { kind: 'everything' };
  return { kind: 'partial', cursor: page.nextCursor, lastId };
};

const isDeeper = (reach: Reach, than: PartialReach): boolean =>
  reach.kind === 'everything' || (reach.kind === 'partial' && reach.lastId < than.lastId);

/**
 * Where the list ends after this answer. What was loaded deeper stays only if nothing can be
 * missing in between: a first page that does not reach down to anything we had starts anew.
 */
function reachAfter(state: InboxState, request: Request, page: Page): Reach {
  const cover = coverOf(page);
  const reach = state.reaches[request.filter];
  if (cover.kind !== 'partial' || !isDeeper(reach, cover)) return cover;
  const joins =
    request.below !== undefined ||
    state.items.some((item) => item.id >= cover.lastId && !state.sinceRequest.arrived.has(item.id));
  return joins ? reach : cover;
}

/** The row as it is now: changes heard since the request outrank what the answer was read with. */
function current(state: InboxState, held: Notification | undefined, row: Notification) {
  const { changed, allRead, allSeen } = state.sinceRequest;
  if (!changed.has(row.id)) {
    return allRead && row.id <= allRead.upTo && isUnread(row)
      ? readItem(row, allRead.at)
      : afterSeen(allSeen, row);
  }
  return held ?? applyChange(row, state.early.get(row.id) ?? { id: row.id });
}

/**
 * Whether the item stays though a page that covers it does not list it. Other lists than that of
 * all only say that it has left them: it may be read or archived, and an event will tell.
 */
function isKept(state: InboxState, filter: Filter, item: Notification): boolean {
  const { arrived, changed } = state.sinceRequest;
  if (arrived.has(item.id) || changed.has(item.id) || !isListed(filter, item)) return true;
  return filter !== 'all' && isCounted(state, item.id);
}

/** What there is beyond reach. The server counted what it had: not what has arrived since. */
function beyondOf(
  state: InboxState,
  kept: readonly Notification[],
  page: Page,
  reach: Reach,
): Counts {
  if (reach.kind === 'everything') return NO_COUNTS;
  const listed = new Set(page.items.map((row) => row.id));
  const { arrived } = state.sinceRequest;
  const counted = kept.filter(
    ({ id }) => !listed.has(id) && isWithin(reach, id) && !arrived.has(id),
  );
  return sum(page.counts, countOf([...counted, ...page.items]), -1);
}

/** Takes in one answer of a list. Within the range it covers, what it does not list is gone. */
export function applyPage(state: InboxState, request: Request, page: Page): InboxState {
  if (request.generation !== state.generation) return state;
  const { below, filter } = request;
  const cover = coverOf(page);
  const held = new Map(state.items.map((item) => [item.id, item]));
  const rows = page.items.flatMap((row) => current(state, held.get(row.id), row) ?? []);
  const isCovered = (id: string) => isWithin(cover, id) && (below === undefined || id < below);
  // Archived ones are remembered: a repeat of their push must not revive them.
  const kept = state.items.filter((item) => !isCovered(item.id) || isKept(state, filter, item));
  const reach = reachAfter(state, request, page);
  const listed = new Set(page.items.map((row) => row.id));
  const { changed } = state.sinceRequest;
  return withoutReplaced({
    ...state,
    items: mergeById(kept, rows),
    reaches: { ...state.reaches, [filter]: reach },
    beyond: filter === 'all' ? beyondOf(state, kept, page, reach) : state.beyond,
    // What the page does not list may still be pushed: archived or superseded before it was.
    early: new Map([...state.early].filter(([id]) => changed.has(id) || !listed.has(id))),
  });
}

/** Whether more of the list than down to this page has been loaded before. */
export const isOpenBelow = (reach: Reach, page: Page): boolean => {
  const cover = coverOf(page);
  return cover.kind === 'partial' && isDeeper(reach, cover);
};
