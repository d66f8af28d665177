import { useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useToasts } from '../hooks/use-toasts';
import { Toast } from './Toast';
import styles from './toast.module.css';

interface NotificationToastsProps {
  /** While the inbox is open, what arrives is seen there. */
  readonly isQuiet?: boolean;
  /** For a router: follows links within this site instead of the browser. */
  readonly onNavigate?: (href: string) => void;
  /** Opens the inbox, where there is more than is shown here. */
  readonly onOpen?: () => void;
}

/**
 * The latest arrivals, for a few seconds; longer while the pointer or the focus is on one, or the
 * page out of sight. Screen readers hear of them by the provider's announcement.
 */
export function NotificationToasts(props: NotificationToastsProps) {
  const { isQuiet = false, onNavigate, onOpen } = props;
  const { words } = useInboxContext();
  const { items, more, dismiss, clear } = useToasts(isQuiet);
  const [isHeld, setIsHeld] = useState(false);
  if (items.length === 0) return null;
  const hold = () => {
    setIsHeld(true);
  };
  const release = () => {
    setIsHeld(false);
  };
  return (
    // It only waits while one is at it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className={styles.toasts}
      aria-label={words('toasts.label')}
      data-testid="toasts"
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      {items.map((item) => (
        <Toast key={item.id} item={item} isHeld={isHeld} onGone={dismiss} onNavigate={onNavigate} />
      ))}
      {more > 0 && (
        <button
          type="button"
          className={styles.more}
          data-testid="toasts-more"
          onClick={() => {
            clear();
            onOpen?.();
          }}
        >
          {words('toasts.more', { count: more })}
        </button>
      )}
    </section>
  );
}
