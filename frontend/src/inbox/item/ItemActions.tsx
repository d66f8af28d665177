import { useInboxContext } from '../hooks/inbox-context';
import { ArchiveIcon, CheckIcon, UnarchiveIcon, UnreadIcon } from '../ui/icons';
import styles from './item.module.css';

const READ = { id: 'mark-unread', label: 'mark.unread', short: 'mark.unread.short' } as const;
const UNREAD = { id: 'mark-read', label: 'mark.one', short: 'mark.one.short' } as const;
const ARCHIVED = { id: 'unarchive', label: 'unarchive', short: 'unarchive.short' } as const;
const LISTED = { id: 'archive', label: 'archive', short: 'archive.short' } as const;

interface ItemActionsProps {
  readonly title: string;
  readonly isRead: boolean;
  readonly isArchived: boolean;
  /** Whether the buttons are tab stops. */
  readonly isCurrent: boolean;
  readonly onToggleRead: () => void;
  readonly onToggleArchived: () => void;
}

/** The buttons of an item: read or unread, archive or unarchive. */
export function ItemActions(props: ItemActionsProps) {
  const { title, isRead, isArchived, isCurrent, onToggleRead, onToggleArchived } = props;
  const { words } = useInboxContext();
  const tabIndex = isCurrent ? 0 : -1;
  const reading = isRead ? READ : UNREAD;
  const archiving = isArchived ? ARCHIVED : LISTED;
  return (
    <div className={styles.actions}>
      {!isArchived && (
        <button
          type="button"
          className={styles.action}
          tabIndex={tabIndex}
          data-testid={reading.id}
          aria-label={words(reading.label, { title })}
          title={words(reading.short)}
          onClick={onToggleRead}
        >
          {isRead ? <UnreadIcon /> : <CheckIcon />}
        </button>
      )}
      <button
        type="button"
        className={styles.action}
        tabIndex={tabIndex}
        data-testid={archiving.id}
        aria-label={words(archiving.label, { title })}
        title={words(archiving.short)}
        onClick={onToggleArchived}
      >
        {isArchived ? <UnarchiveIcon /> : <ArchiveIcon />}
      </button>
    </div>
  );
}
