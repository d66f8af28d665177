import { forwardRef, useEffect } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useUnreadCount } from '../hooks/use-unread-count';
import { useUnseenCount } from '../hooks/use-unseen-count';
import { BellIcon } from '../ui/icons';
import styles from './bell.module.css';
import { loadInboxWhenIdle } from './load-inbox';

const MOST_SHOWN = 99;

export interface NotificationBellProps {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  /** The id of the element that the bell opens. */
  readonly controls: string;
  /** Whether the badge counts the unseen or the unread notifications. */
  readonly count?: 'unseen' | 'unread';
}

/** The button that opens the inbox, with a badge. A `ref` gets the button. */
export const NotificationBell = /* @__PURE__ */ forwardRef<
  HTMLButtonElement,
  NotificationBellProps
>(function NotificationBell(props, ref) {
  const { isOpen, onToggle, controls, count: counted = 'unseen' } = props;
  const { words } = useInboxContext();
  useEffect(loadInboxWhenIdle, []);
  const unread = useUnreadCount();
  const unseen = useUnseenCount();
  const count = counted === 'unread' ? unread : unseen;
  const label = () => {
    if (unseen > 0) return words('bell.unseen', { count: unseen });
    return unread > 0 ? words('bell.unread', { count: unread }) : words('bell.none');
  };
  return (
    <button
      ref={ref}
      type="button"
      className={styles.bell}
      data-testid="bell"
      data-inbox-bell
      // Except in Spanish, there are no texts until the language has loaded, and none on a server.
      // But a button must always have a name.
      aria-label={label() || 'Notifications'}
      aria-expanded={isOpen}
      aria-controls={controls}
      onClick={onToggle}
    >
      <BellIcon />
      {count > 0 && (
        <span key={count} className={styles.badge} data-testid="badge" aria-hidden="true">
          {count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}
        </span>
      )}
    </button>
  );
});
