import { useState } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { ItemLink } from './ItemLink';
import { safeLink, type Navigate } from './safe-link';
import styles from './title.module.css';

interface NotificationTitleProps {
  readonly item: Notification;
  readonly title: string;
  readonly isRead: boolean;
  /** Whether the title is a tab stop. */
  readonly isTabStop: boolean;
  readonly onRead: (item: Notification) => void;
  readonly onNavigate: Navigate | undefined;
}

/**
 * The title of a notification. It takes the clicks of the whole item, and is a link if the
 * notification has one. If the host has no page for the link, a message says so, and the title is
 * no longer a link.
 */
export function NotificationTitle(props: NotificationTitleProps) {
  const { item, title, isRead, isTabStop, onRead, onNavigate } = props;
  const { words } = useInboxContext();
  const [isLost, setIsLost] = useState(false);
  const link = isLost ? undefined : safeLink(item.action_url);
  const cover = { className: styles.cover, tabIndex: isTabStop ? 0 : -1, 'data-cover': true };
  const text = (
    <span className={styles.text} data-clamp>
      {title}
    </span>
  );
  const read = () => {
    onRead(item);
  };
  if (link) {
    return (
      <ItemLink
        link={link}
        className={styles.cover}
        isTabStop={isTabStop}
        isCover
        onRead={read}
        onNavigate={onNavigate}
        onLost={() => {
          setIsLost(true);
        }}
      >
        {text}
      </ItemLink>
    );
  }
  return (
    <>
      {isRead ? (
        text
      ) : (
        <button {...cover} type="button" onClick={read}>
          {text}
        </button>
      )}
      {isLost && (
        <span role="alert" className={styles.lost}>
          {words('item.lost')}
        </span>
      )}
    </>
  );
}
