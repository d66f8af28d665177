import type { Ref } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useUnreadCount } from '../hooks/use-unread-count';
import { BellIcon } from './icons';
import styles from './bell.module.css';

const MOST_SHOWN = 999;

interface NotificationBellProps {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  /** The id of the element that it opens. */
  readonly controls: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function NotificationBell({ isOpen, onToggle, controls, ref }: NotificationBellProps) {
  const { words } = useInboxContext();
  const count = useUnreadCount();
  return (
    <button
      ref={ref}
      type="button"
      className={styles.bell}
      data-testid="bell"
      aria-label={count > 0 ? words('bell.unread', { count }) : words('bell.none')}
      aria-expanded={isOpen}
      aria-controls={controls}
      onClick={onToggle}
    >
      <BellIcon />
      {count > 0 && (
        <span key={count} className={styles.badge} data-testid="unread-badge" aria-hidden="true">
          {count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}
        </span>
      )}
    </button>
  );
}
