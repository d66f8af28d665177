import { useCallback, useEffect, useId, useRef, type KeyboardEvent } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { useSeenWhileOpen } from '../hooks/use-seen-while-open';
import type { Filter } from '../notification';
import { ConnectionNotice } from './ConnectionNotice';
import { FilterTabs } from './FilterTabs';
import { CloseIcon } from './icons';
import styles from './inbox.module.css';
import { InboxList } from './InboxList';
import { ProblemNotice } from './ProblemNotice';

interface NotificationInboxProps {
  readonly id?: string;
  /** With it, the inbox is a panel: it takes the focus on opening, and closes by button or Escape. */
  readonly onClose?: () => void;
  /** For a router: follows links within this site instead of the browser. */
  readonly onNavigate?: (href: string) => void;
}

export function NotificationInbox({ id, onClose, onNavigate }: NotificationInboxProps) {
  const { words } = useInboxContext();
  const { filter, counts, items, list, markAllRead } = useNotifications();
  useSeenWhileOpen();
  const isUnknown = list !== 'ready' && items.length === 0;
  const summary =
    counts.unread > 0 ? words('summary.unread', { count: counts.unread }) : words('summary.none');
  const headingId = useId();
  const panelId = useId();
  const tabId = (each: Filter) => `${panelId}-${each}`;
  const heading = useRef<HTMLHeadingElement>(null);
  const isPanel = onClose !== undefined;
  useEffect(() => {
    if (isPanel) heading.current?.focus();
  }, [isPanel]);
  const focusHeading = useCallback(() => {
    heading.current?.focus();
  }, []);
  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose?.();
  };
  return (
    // The section only listens to Escape from the controls within it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      id={id}
      className={styles.inbox}
      data-testid="inbox"
      aria-labelledby={headingId}
      onKeyDown={closeOnEscape}
    >
      <header className={styles.header}>
        <h2 id={headingId} ref={heading} tabIndex={-1}>
          {words('inbox.title')}
        </h2>
        {isPanel && (
          <button
            type="button"
            className={styles.close}
            data-testid="close-inbox"
            aria-label={words('inbox.close')}
            onClick={onClose}
          >
            <CloseIcon />
          </button>
        )}
      </header>
      <div className={styles.summary}>
        <p>{!isUnknown && summary}</p>
        <button
          type="button"
          className={styles.markAll}
          data-testid="mark-all-read"
          disabled={counts.unread === 0 || items.length === 0}
          onClick={markAllRead}
        >
          {words('mark.all')}
        </button>
      </div>
      <FilterTabs panelId={panelId} idOf={tabId} />
      <ConnectionNotice />
      <ProblemNotice />
      <InboxList
        id={panelId}
        labelledBy={tabId(filter)}
        onNavigate={onNavigate}
        onEmpty={focusHeading}
      />
    </section>
  );
}
