import { isUnread, readItem, type Counts, type Notification, type Page } from '../notification';
import { applyChange } from './receive';
import { mergeById } from './sorted';
import {
  EMPTY_STATE,
  isWithin,
  NO_COUNTS,
  type InboxState,
  type PartialReach,
  type Reach,
} from './state';
import { withoutReplaced } from './superseded';
import { countOf } from './view';

/** What an answer must be judged by; made when its request goes out. */
export interface Request {
  readonly generation: number;
  /** The page lists what is below this id; undefined for the first page. */
  readonly below: string | undefined;
}

/** Call as a list request goes out. One at a time: `sinceRequest` belongs to the latest. */
export function beginRequest(state: InboxState, below?: string): [InboxState, Request] {
  return [
    { ...state, sinceRequest: EMPTY_STATE.sinceRequest },
    { generation: state.generation, below },
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
  if (cover.kind !== 'partial' || !isDeeper(state.reach, cover)) return cover;
  const joins =
    request.below !== undefined ||
    state.items.some((item) => item.id >= cover.lastId && !state.sinceRequest.arrived.has(item.id));
  return joins ? state.reach : cover;
}

/** The row as it is now: changes heard since the request outrank what the answer was read with. */
function current(state: InboxState, held: Notification | undefined, row: Notification) {
  const { changed, allRead } = state.sinceRequest;
  if (!changed.has(row.id)) {
    return allRead && row.id <= allRead.upTo && isUnread(row) ? readItem(row, allRead.at) : row;
  }
  return held ?? applyChange(row, state.early.get(row.id) ?? { id: row.id });
}

const atLeastZero = (a: Counts, b: Counts): Counts => ({
  unread: Math.max(0, a.unread - b.unread),
  unseen: Math.max(0, a.unseen - b.unseen),
});

/** Takes in one answer of the list. Within the range it covers, what it does not list is gone. */
export function applyPage(state: InboxState, request: Request, page: Page): InboxState {
  if (request.generation !== state.generation) return state;
  const { below } = request;
  const cover = coverOf(page);
  const held = new Map(state.items.map((item) => [item.id, item]));
  const rows = page.items.flatMap((row) => current(state, held.get(row.id), row) ?? []);
  const isCovered = (id: string) => isWithin(cover, id) && (below === undefined || id < below);
  const { arrived, changed } = state.sinceRequest;
  // Archived ones are not listed, but remembered: a repeat of their push must not revive them.
  const kept = state.items.filter(
    ({ id, archived_at }) =>
      !isCovered(id) || archived_at !== null || arrived.has(id) || changed.has(id),
  );
  const reach = reachAfter(state, request, page);

  // The server counted what it had when it read the page: not what has arrived since.
  const listed = new Set(page.items.map((row) => row.id));
  const counted = kept.filter(
    (item) => !listed.has(item.id) && isWithin(reach, item.id) && !arrived.has(item.id),
  );
  return withoutReplaced({
    ...state,
    items: mergeById(kept, rows),
    reach,
    beyond:
      reach.kind === 'everything'
        ? NO_COUNTS
        : atLeastZero(page.counts, countOf([...counted, ...page.items])),
    // What the page does not list may still be pushed: archived or superseded before it was.
    early: new Map([...state.early].filter(([id]) => changed.has(id) || !listed.has(id))),
  });
}

/** Whether more of the list than down to this page has been loaded before. */
export const isOpenBelow = (reach: Reach, page: Page): boolean => {
  const cover = coverOf(page);
  return cover.kind === 'partial' && isDeeper(reach, cover);
};
