import { memo, useRef, type RefObject } from 'react';
import type { Notification } from '../domain/notification';
import { NotificationItem, type ItemHandlers } from '../item/NotificationItem';
import styles from './list.module.css';
import { useIsNear } from './use-is-near';

/** The height of an item in pixels, estimated until it has been rendered. */
const ESTIMATED_HEIGHT = 104;
const MARGIN = '1200px 0px';

interface ItemChunkProps {
  readonly items: readonly Notification[];
  readonly start: number;
  /** The number of items in the list; -1 while the list is not fully loaded. */
  readonly total: number;
  readonly now: number;
  readonly freshIds: ReadonlySet<string>;
  /** The item that Tab leads to, if it is in this chunk. */
  readonly currentId: string | undefined;
  readonly focusRequest: number;
  readonly handlers: ItemHandlers;
  readonly scroller: RefObject<HTMLElement | null>;
}

/**
 * A part of the list. It is rendered only while it is near the visible part, or contains the list's
 * tab stop. Otherwise it is an empty space of its last height, and the browser's scroll anchoring
 * keeps the visible part still.
 */
export const ItemChunk = memo(function ItemChunk(props: ItemChunkProps) {
  const { items, start, total, now, freshIds, currentId, focusRequest, handlers, scroller } = props;
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
          focusRequest={item.id === currentId ? focusRequest : undefined}
          handlers={handlers}
        />
      ))}
    </ol>
  );
}, isSame);

/** Compare item by item. An arrival creates new arrays, but most have the same items as before. */
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
