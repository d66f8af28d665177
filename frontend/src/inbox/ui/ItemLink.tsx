import type { MouseEvent, ReactNode } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { ExternalIcon } from './icons';
import { LaterAnswer, type Navigate, type SafeLink } from './safe-link';
import hidden from './visually-hidden.module.css';

interface ItemLinkProps {
  readonly link: SafeLink;
  readonly className: string | undefined;
  /** Whether the link is a tab stop. */
  readonly isTabStop: boolean;
  /** Set for the link that takes the clicks of the whole item. */
  readonly isCover?: boolean;
  readonly onRead: () => void;
  readonly onNavigate: Navigate | undefined;
  /** Called if the host has no such page. */
  readonly onLost: () => void;
  readonly children: ReactNode;
}

const opensInNewTab = (event: MouseEvent) =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

/** A link of a notification. Following it marks the notification as read. */
export function ItemLink(props: ItemLinkProps) {
  const { link, className, isTabStop, isCover, onRead, onNavigate, onLost, children } = props;
  const { words } = useInboxContext();
  const follow = (event: MouseEvent) => {
    if (!onNavigate || link.isExternal || opensInNewTab(event)) {
      onRead();
      return;
    }
    event.preventDefault();
    const own = event.currentTarget.closest<HTMLElement>('[data-id]');
    const settle = (answer: unknown) => {
      if (answer === false) {
        // The notification stays unread, so that the shopper sees that its link leads nowhere. The
        // item takes the focus, because the link disappears.
        own?.focus();
        onLost();
      } else onRead();
    };
    const answer = onNavigate(link.href);
    if (answer instanceof LaterAnswer)
      answer.promise.then(settle).catch((error: unknown) => {
        reportError(error); // as the browser does if the host throws during a click
      });
    else settle(answer);
  };
  const newTab = link.isExternal ? { target: '_blank', rel: 'noopener noreferrer' } : {};
  return (
    <a
      {...newTab}
      className={className}
      tabIndex={isTabStop ? 0 : -1}
      data-cover={isCover}
      href={link.href}
      onClick={follow}
    >
      {children}{' '}
      {link.isExternal && (
        <>
          <ExternalIcon />
          <span className={hidden.visuallyHidden}>({words('item.external')})</span>
        </>
      )}
    </a>
  );
}
