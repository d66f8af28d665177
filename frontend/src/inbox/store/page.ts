import {
  isListed,
  isUnread,
  readItem,
  type Filter,
  type Notification,
  type Page,
} from '../domain/notification';
import { countFromPage, noteHeld } from './base';
import { mergeById } from './merge-by-id';
import { applyChange, afterSeen } from './receive';
import {
  EMPTY_STATE,
  isLoaded,
  isWithin,
  reachOf,
  type InboxState,
  type PartialReach,
  type Reach,
} from './state';
import { withoutSuperseded } from './superseded';

/** A list request. The store needs it to apply the answer. */
export interface Request {
  readonly generation: number;
  readonly filter: Filter;
  /** The page lists items below this id; undefined for the first page. */
  readonly below: string | undefined;
}

/**
 * Start a list request. Call this before sending the request. Only one request may be pending at a
 * time, because `sinceRequest` belongs to the latest one.
 */
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
 * Return how far the list is loaded after this page. The part loaded further down stays only
 * if nothing can be missing in between. A first page that does not reach down to any item already
 * held leaves a gap, so the list starts over.
 */
function reachAfter(state: InboxState, request: Request, page: Page): Reach {
  const cover = coverOf(page);
  const reach = reachOf(state, request.filter);
  if (cover.kind !== 'partial' || !isDeeper(reach, cover)) return cover;
  const joins =
    request.below !== undefined ||
    state.items.some((item) => item.id >= cover.lastId && !state.sinceRequest.arrived.has(item.id));
  return joins ? reach : cover;
}

/** Return an item of the page with the changes since the request, which override the page. */
function current(state: InboxState, held: Notification | undefined, row: Notification) {
  const { changed, allRead, allSeen } = state.sinceRequest;
  if (!changed.has(row.id)) {
    return allRead && row.id <= allRead.upTo && isUnread(row)
      ? readItem(row, allRead.at)
      : afterSeen(allSeen, row);
  }
  return held ?? applyChange(row, state.earlyChanges.get(row.id) ?? { id: row.id });
}

/**
 * Return whether to keep an item that the page covers but does not list.
 *
 * The list `unread` may lack the item because it was read or archived, which an event will report.
 * So if the list `all` is loaded down to the item, keep it: only `all` proves that the item is
 * gone.
 */
function isKept(state: InboxState, filter: Filter, item: Notification): boolean {
  const { arrived, changed } = state.sinceRequest;
  if (arrived.has(item.id) || changed.has(item.id) || !isListed(filter, item)) return true;
  return filter === 'unread' && isLoaded(state, item.id);
}

/** Return whether a change since the request makes it unclear what the page's counts include. */
const isOverlapped = ({ sinceRequest: { changed, allRead, allSeen } }: InboxState): boolean =>
  changed.size > 0 || allRead !== null || allSeen !== null;

/** Apply one page of a list. Items that the page covers but does not list are gone. */
export function applyPage(state: InboxState, request: Request, page: Page): InboxState {
  if (request.generation !== state.generation) return state;
  const { below, filter } = request;
  const cover = coverOf(page);
  const held = new Map(state.items.map((item) => [item.id, item]));
  const rows = page.items.flatMap((row) => current(state, held.get(row.id), row) ?? []);
  const isCovered = (id: string) => isWithin(cover, id) && (below === undefined || id < below);
  // Keep archived items. Without them, a repeated push would bring them back as unarchived.
  const kept = state.items.filter((item) => !isCovered(item.id) || isKept(state, filter, item));
  const reach = reachAfter(state, request, page);
  const listed = new Set(page.items.map((row) => row.id));
  const { changed } = state.sinceRequest;
  const fresh = rows.filter(({ id }) => !held.has(id));
  const next = withoutSuperseded({
    ...noteHeld(state, fresh),
    items: mergeById(kept, rows),
    reaches: { ...state.reaches, [filter]: reach },
    // An item that the page does not list may still be pushed, so keep its changes.
    earlyChanges: new Map(
      [...state.earlyChanges].filter(([id]) => changed.has(id) || !listed.has(id)),
    ),
  });
  if (filter !== 'all' || below !== undefined) return next;
  if (!isOverlapped(state)) return countFromPage(next, page);
  if (state.reaches.all.kind === 'nothing')
    return { ...countFromPage(next, page), areCountsUncertain: true };
  // The counts held are newer than the page's. But take the page's counts of categories that were
  // not counted before, because once all items are held, no other page is requested.
  const byCategory = { ...page.byCategory, ...next.base.byCategory };
  return { ...next, base: { ...next.base, byCategory }, areCountsUncertain: true };
}

/** Show the list only down to the end of this page, as if it had not been loaded further down. */
export const closeBelow = (state: InboxState, filter: Filter, page: Page): InboxState => ({
  ...state,
  reaches: { ...state.reaches, [filter]: coverOf(page) },
});

/** Return whether the list has been loaded further down than this page. */
export const isOpenBelow = (reach: Reach, page: Page): boolean => {
  const cover = coverOf(page);
  return cover.kind === 'partial' && isDeeper(reach, cover);
};
