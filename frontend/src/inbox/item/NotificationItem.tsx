import { memo, useId, useLayoutEffect, useRef } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { BellIcon, ParcelIcon } from '../ui/icons';
import { NotificationTitle } from '../ui/NotificationTitle';
import { plainText } from '../ui/plain-text';
import { safeLink } from '../ui/safe-link';
import styles from './item.module.css';
import { ItemActions } from './ItemActions';
import { relativeTime } from './relative-time';

export interface ItemHandlers {
  readonly onRead: (item: Notification) => void;
  readonly onToggleRead: (item: Notification) => void;
  readonly onToggleArchived: (item: Notification) => void;
  readonly onNavigate: ((href: string) => void) | undefined;
}

interface NotificationItemProps {
  readonly item: Notification;
  /** The item's position in the whole list of `total` items, from 1. A total of -1 is unknown. */
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
  const { words, locale } = useInboxContext();
  const element = useRef<HTMLLIElement>(null);
  const titleId = useId();
  const title = plainText(item.title) || words('item.untitled');
  const isRead = item.read_at !== null;
  useLayoutEffect(() => {
    if (focusRequest) element.current?.focus();
  }, [focusRequest]);
  return (
    <li
      ref={element}
      className={styles.item}
      // This item is the list's only tab stop. The list handles the keys.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={focusRequest === undefined ? -1 : 0}
      aria-labelledby={titleId}
      aria-keyshortcuts="Enter U E"
      aria-posinset={position}
      aria-setsize={total}
      data-testid="notification"
      data-id={item.id}
      data-read={isRead}
      data-fresh={isFresh}
    >
      <span className={styles.icon}>
        {item.type.startsWith('order.') ? <ParcelIcon /> : <BellIcon />}
      </span>
      <div className={styles.text}>
        <h4 className={styles.title} id={titleId} dir="auto">
          <NotificationTitle
            title={title}
            link={safeLink(item.action_url)}
            isRead={isRead}
            isCurrent={focusRequest !== undefined}
            onRead={() => {
              handlers.onRead(item);
            }}
            onNavigate={handlers.onNavigate}
          />
        </h4>
        {item.body && (
          <p className={styles.body} dir="auto">
            {plainText(item.body)}
          </p>
        )}
        <p className={styles.when}>
          <time dateTime={item.created_at}>{relativeTime(item.created_at, now, locale)}</time>
          {!isRead && <span className={styles.unread}>{words('item.unread')}</span>}
        </p>
      </div>
      <ItemActions
        title={title}
        isRead={isRead}
        isArchived={item.archived_at !== null}
        isCurrent={focusRequest !== undefined}
        onToggleRead={() => {
          handlers.onToggleRead(item);
        }}
        onToggleArchived={() => {
          handlers.onToggleArchived(item);
        }}
      />
    </li>
  );
});
