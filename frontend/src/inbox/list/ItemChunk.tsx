import { memo, useRef, type RefObject } from 'react';
import { useIsNear } from './use-is-near';
import type { Notification } from '../domain/notification';
import styles from './list.module.css';
import { NotificationItem, type ItemHandlers } from '../item/NotificationItem';

/** What an item takes up about, in pixels, until it has been on the page. */
const ESTIMATED_HEIGHT = 104;
const MARGIN = '1200px 0px';

interface ItemChunkProps {
  readonly items: readonly Notification[];
  readonly start: number;
  /** How many there are in the list; -1 while not all of it is loaded. */
  readonly total: number;
  readonly now: number;
  readonly freshIds: ReadonlySet<string>;
  /** The item of these that Tab leads to, if it is one of these. */
  readonly currentId: string | undefined;
  readonly focusTurn: number;
  readonly handlers: ItemHandlers;
  readonly scroller: RefObject<HTMLElement | null>;
}

/**
 * A part of the list, on the page only while it is near what is seen, or holds the focus. Otherwise
 * a space of its last height keeps its place; the browser's scroll anchoring does the rest.
 */
export const ItemChunk = memo(function ItemChunk(props: ItemChunkProps) {
  const { items, start, total, now, freshIds, currentId, focusTurn, handlers, scroller } = props;
  const list = useRef<HTMLOListElement>(null);
  const { isNear, height } = useIsNear(list, scroller, MARGIN, start === 0);
  if (!isNear && currentId === undefined) {
    return (
      <ol
        ref={list}
        className={styles.list}
        style={{ blockSize: height ?? items.length * ESTIMATED_HEIGHT }}
      />
    );
  }
  return (
    <ol ref={list} className={styles.list}>
      {items.map((item, index) => (
        <NotificationItem
          key={item.id}
          item={item}
          position={start + index + 1}
          total={total}
          now={now}
          isFresh={freshIds.has(item.id)}
          focusTurn={item.id === currentId ? focusTurn : undefined}
          handlers={handlers}
        />
      ))}
    </ol>
  );
}, isSame);

/** The items are asked one by one: an arrival makes new lists of most that stay the same. */
function isSame(a: ItemChunkProps, b: ItemChunkProps): boolean {
  const { items, freshIds, ...rest } = a;
  const isChanged = Object.entries(rest).some(
    ([key, value]) => b[key as keyof typeof rest] !== value,
  );
  return (
    !isChanged &&
    items.length === b.items.length &&
    items.every((item, index) => item === b.items[index]) &&
    (freshIds === b.freshIds || !items.some(({ id }) => freshIds.has(id) !== b.freshIds.has(id)))
  );
}
