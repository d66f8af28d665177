import { memo, useId, useRef, useState } from 'react';
import { isUnread, type Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useLooks } from '../hooks/looks';
import { useLayoutEffect } from '../hooks/use-layout-effect';
import { plainText } from '../ui/plain-text';
import type { Navigate } from '../ui/safe-link';
import styles from './item.module.css';
import { ItemContent } from './ItemContent';
import { useIsCut } from './use-is-cut';

export interface ItemHandlers {
  readonly onRead: (item: Notification) => void;
  readonly onToggleRead: (item: Notification) => void;
  readonly onToggleArchived: (item: Notification) => void;
  readonly onNavigate: Navigate | undefined;
}

interface NotificationItemProps {
  readonly item: Notification;
  /** The item's position in the whole list, from 1. `total` is -1 if the length is unknown. */
  readonly position: number;
  readonly total: number;
  readonly now: number;
  readonly isFresh: boolean;
  /** Set for the item that Tab leads to; see `RovingFocus.focusRequest`. */
  readonly focusRequest: number | undefined;
  readonly handlers: ItemHandlers;
}

/** One notification in the list. The shop's text is always shown as text, never as markup. */
export const NotificationItem = memo(function NotificationItem(props: NotificationItemProps) {
  const { item, position, total, now, isFresh, focusRequest, handlers } = props;
  const { words } = useInboxContext();
  const { renderItem } = useLooks();
  const [isUnfolded, setIsUnfolded] = useState(false);
  const element = useRef<HTMLLIElement>(null);
  const isCut = useIsCut(element, isUnfolded);
  const titleId = useId();
  const dotId = useId();
  const title = plainText(item.title) || words('item.untitled');
  const isNew = isUnread(item);
  const isTabStop = focusRequest !== undefined;
  useLayoutEffect(() => {
    if (focusRequest) element.current?.focus();
  }, [focusRequest]);
  return (
    <li
      ref={element}
      className={renderItem ? styles.own : styles.item}
      // This item is the list's only tab stop. The list handles the keys.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={isTabStop ? 0 : -1}
      {...(renderItem
        ? { 'aria-label': title }
        : { 'aria-labelledby': titleId, 'aria-describedby': isNew ? dotId : undefined })}
      aria-keyshortcuts={item.archived_at === null ? 'Enter U E' : 'Enter E'}
      aria-posinset={position}
      aria-setsize={total}
      data-testid="notification"
      data-id={item.id}
      data-read={!isNew}
      data-fresh={isFresh}
      data-unfolded={isUnfolded || undefined}
    >
      {renderItem ? (
        renderItem(item, {
          isUnread: isNew,
          isCurrent: isTabStop,
          markRead: () => {
            handlers.onRead(item);
          },
          toggleRead: () => {
            handlers.onToggleRead(item);
          },
          toggleArchived: () => {
            handlers.onToggleArchived(item);
          },
        })
      ) : (
        <ItemContent
          {...{ item, title, titleId, dotId, now, isCut, isUnfolded, isTabStop, handlers }}
          onUnfold={() => {
            setIsUnfolded(!isUnfolded);
          }}
        />
      )}
    </li>
  );
});
