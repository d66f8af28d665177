import type { MouseEvent } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import type { Notification } from '../notification';
import { BellIcon, CheckIcon, ParcelIcon } from './icons';
import styles from './item.module.css';
import { ItemTitle } from './ItemTitle';
import { relativeTime } from './relative-time';
import { safeLink } from './safe-link';

interface NotificationItemProps {
  readonly item: Notification;
  readonly now: number;
  readonly isFresh: boolean;
  readonly onRead: (item: Notification) => void;
  readonly onNavigate: ((href: string) => void) | undefined;
}

/** One notification. Its text is the shop's, and only ever shown as text. */
export function NotificationItem({
  item,
  now,
  isFresh,
  onRead,
  onNavigate,
}: NotificationItemProps) {
  const { words, locale } = useInboxContext();
  const title = item.title || words('item.untitled');
  const isRead = item.read_at !== null;
  const read = (event: MouseEvent<HTMLElement>) => {
    // The pressed button is about to go: the focus stays with its item.
    if (!(event.currentTarget instanceof HTMLAnchorElement))
      event.currentTarget.closest('li')?.focus();
    onRead(item);
  };
  return (
    <li
      className={styles.item}
      tabIndex={-1}
      data-testid="notification"
      data-id={item.id}
      data-read={isRead}
      data-fresh={isFresh}
    >
      <span className={styles.icon}>
        {item.type.startsWith('order.') ? <ParcelIcon /> : <BellIcon />}
      </span>
      <div className={styles.text}>
        <h3 className={styles.title} dir="auto">
          <ItemTitle
            title={title}
            link={safeLink(item.action_url)}
            isRead={isRead}
            onRead={read}
            onNavigate={onNavigate}
          />
        </h3>
        {item.body && (
          <p className={styles.body} dir="auto">
            {item.body}
          </p>
        )}
        <p className={styles.when}>
          <time dateTime={item.created_at}>{relativeTime(item.created_at, now, locale)}</time>
          {!isRead && <span className={styles.unread}>{words('item.unread')}</span>}
        </p>
      </div>
      {!isRead && (
        <button
          type="button"
          className={styles.mark}
          data-testid="mark-read"
          aria-label={words('mark.one', { title })}
          title={words('mark.one', { title })}
          onClick={read}
        >
          <CheckIcon />
        </button>
      )}
    </li>
  );
}
