import type { MouseEvent } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { ExternalIcon } from './icons';
import type { SafeLink } from './safe-link';
import styles from './title.module.css';

interface NotificationTitleProps {
  readonly title: string;
  readonly link: SafeLink | undefined;
  readonly isRead: boolean;
  /** Whether the title is a tab stop. */
  readonly isCurrent: boolean;
  readonly onRead: () => void;
  readonly onNavigate: ((href: string) => void) | undefined;
}

const opensInNewTab = (event: MouseEvent) =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

/**
 * The title of a notification. It takes the clicks of the whole item, and is a link if the
 * notification has one.
 */
export function NotificationTitle(props: NotificationTitleProps) {
  const { title, link, isRead, isCurrent, onRead, onNavigate } = props;
  const { words } = useInboxContext();
  const tabIndex = isCurrent ? 0 : -1;
  if (link?.isExternal) {
    return (
      <a
        className={styles.cover}
        tabIndex={tabIndex}
        data-cover
        href={link.href}
        target="_blank"
        rel="noopener noreferrer"
        onClick={onRead}
      >
        {title}{' '}
        <span className={styles.external}>
          <ExternalIcon />
          <span>({words('item.external')})</span>
        </span>
      </a>
    );
  }
  if (link) {
    const follow = (event: MouseEvent<HTMLElement>) => {
      onRead();
      if (!onNavigate || opensInNewTab(event)) return;
      event.preventDefault();
      onNavigate(link.href);
    };
    return (
      <a className={styles.cover} tabIndex={tabIndex} data-cover href={link.href} onClick={follow}>
        {title}
      </a>
    );
  }
  if (isRead) return title;
  return (
    <button type="button" className={styles.cover} tabIndex={tabIndex} data-cover onClick={onRead}>
      {title}
    </button>
  );
}
