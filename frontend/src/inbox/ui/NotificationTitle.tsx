import { useState, type MouseEvent } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { ExternalIcon } from './icons';
import { LaterAnswer, safeLink, type Navigate } from './safe-link';
import styles from './title.module.css';
import hidden from './visually-hidden.module.css';

interface NotificationTitleProps {
  readonly item: Notification;
  readonly title: string;
  readonly isRead: boolean;
  /** Whether the title is a tab stop. */
  readonly isCurrent: boolean;
  readonly onRead: (item: Notification) => void;
  readonly onNavigate: Navigate | undefined;
}

const opensInNewTab = (event: MouseEvent) =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

/**
 * The title of a notification. It takes the clicks of the whole item, and is a link if the
 * notification has one. If the host has no such page, it says so, and is no longer a link.
 */
export function NotificationTitle(props: NotificationTitleProps) {
  const { item, title, isRead, isCurrent, onRead, onNavigate } = props;
  const { words } = useInboxContext();
  const [isLost, setIsLost] = useState(false);
  const link = isLost ? undefined : safeLink(item.action_url);
  const cover = { className: styles.cover, tabIndex: isCurrent ? 0 : -1, 'data-cover': true };
  const text = (
    <span className={styles.text} data-clamp>
      {title}
    </span>
  );
  if (link) {
    const follow = (event: MouseEvent) => {
      if (!onNavigate || link.isExternal || opensInNewTab(event)) {
        onRead(item);
        return;
      }
      event.preventDefault();
      const own = event.currentTarget.closest<HTMLElement>('[data-id]');
      const settle = (answer: unknown) => {
        if (answer === false) {
          // It stays unread, so that the shopper sees what became of the link. The item takes
          // the focus, because the link disappears.
          own?.focus();
          setIsLost(true);
        } else onRead(item);
      };
      const answer = onNavigate(link.href);
      if (answer instanceof LaterAnswer) void answer.promise.then(settle);
      else settle(answer);
    };
    const newTab = link.isExternal ? { target: '_blank', rel: 'noopener noreferrer' } : {};
    return (
      <a {...cover} {...newTab} href={link.href} onClick={follow}>
        {text}{' '}
        {link.isExternal && (
          <>
            <ExternalIcon />
            <span className={hidden.visuallyHidden}>({words('item.external')})</span>
          </>
        )}
      </a>
    );
  }
  const read = () => {
    onRead(item);
  };
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
