import type { MouseEvent } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { ExternalIcon } from './icons';
import styles from './item.module.css';
import type { SafeLink } from './safe-link';

interface ItemTitleProps {
  readonly title: string;
  readonly link: SafeLink | undefined;
  readonly isRead: boolean;
  readonly onRead: (event: MouseEvent<HTMLElement>) => void;
  readonly onNavigate: ((href: string) => void) | undefined;
}

const opensElsewhere = (event: MouseEvent) =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

/** The title, which takes clicks for the whole item: a link where there is one to follow. */
export function ItemTitle({ title, link, isRead, onRead, onNavigate }: ItemTitleProps) {
  const { words } = useInboxContext();
  if (link?.isExternal) {
    return (
      <a
        className={styles.cover}
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
      onRead(event);
      if (!onNavigate || opensElsewhere(event)) return;
      event.preventDefault();
      onNavigate(link.href);
    };
    return (
      <a className={styles.cover} href={link.href} onClick={follow}>
        {title}
      </a>
    );
  }
  if (isRead) return title;
  return (
    <button type="button" className={styles.cover} onClick={onRead}>
      {title}
    </button>
  );
}
