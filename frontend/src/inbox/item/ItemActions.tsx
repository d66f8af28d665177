import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { ArchiveIcon, CheckIcon, UnarchiveIcon, UnreadIcon } from '../ui/icons';
import type { ItemHandlers } from './NotificationItem';
import styles from './item.module.css';

const READ = { label: 'mark.unread', short: 'mark.unread.short' } as const;
const UNREAD = { label: 'mark.one', short: 'mark.one.short' } as const;
const ARCHIVED = { label: 'unarchive', short: 'unarchive.short' } as const;
const LISTED = { label: 'archive', short: 'archive.short' } as const;

interface ItemActionsProps {
  readonly item: Notification;
  readonly title: string;
  /** Whether the buttons are tab stops. */
  readonly isTabStop: boolean;
  readonly handlers: ItemHandlers;
}

/** The buttons of an item: read or unread, unless it is archived, and archive or unarchive. */
export function ItemActions({ item, title, isTabStop, handlers }: ItemActionsProps) {
  const { words } = useInboxContext();
  const isRead = item.read_at !== null;
  const isArchived = item.archived_at !== null;
  const tabIndex = isTabStop ? 0 : -1;
  const reading = isRead ? READ : UNREAD;
  const archiving = isArchived ? ARCHIVED : LISTED;
  return (
    <div className={styles.actions}>
      {!isArchived && (
        <button
          type="button"
          tabIndex={tabIndex}
          data-testid={isRead ? 'mark-unread' : 'mark-read'}
          aria-label={words(reading.label, { title })}
          title={words(reading.short)}
          onClick={() => {
            handlers.onToggleRead(item);
          }}
        >
          {isRead ? <UnreadIcon /> : <CheckIcon />}
        </button>
      )}
      <button
        type="button"
        tabIndex={tabIndex}
        data-testid={isArchived ? 'unarchive' : 'archive'}
        aria-label={words(archiving.label, { title })}
        title={words(archiving.short)}
        onClick={() => {
          handlers.onToggleArchived(item);
        }}
      >
        {isArchived ? <UnarchiveIcon /> : <ArchiveIcon />}
      </button>
    </div>
  );
}
