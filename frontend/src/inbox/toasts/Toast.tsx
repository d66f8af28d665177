import { useRef } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useLayoutEffect } from '../hooks/use-layout-effect';
import { Emblem } from '../ui/Emblem';
import { fadeOut } from '../ui/fade-out';
import { CloseIcon } from '../ui/icons';
import { LinkButtons } from '../ui/LinkButtons';
import { NotificationTitle } from '../ui/NotificationTitle';
import { plainText } from '../ui/plain-text';
import type { Navigate } from '../ui/safe-link';
import styles from './toast.module.css';
import { useSwipe } from './use-swipe';

interface ToastProps {
  readonly item: Notification;
  readonly onDismiss: (id: string) => void;
  readonly onNavigate: Navigate | undefined;
}

/** One arrival. The shopper follows its link, closes it, or swipes it away. */
export function Toast({ item, onDismiss, onNavigate }: ToastProps) {
  const { inbox, words } = useInboxContext();
  const element = useRef<HTMLDivElement>(null);
  const dismiss = () => {
    onDismiss(item.id);
  };
  const swipe = useSwipe(dismiss);
  useLayoutEffect(() => {
    const shown = element.current;
    return () => {
      fadeOut(shown);
    };
  }, []);
  const title = plainText(item.title) || words('item.untitled');
  return (
    <div
      ref={element}
      className={styles.toast}
      tabIndex={-1} // gets the focus when its link leads nowhere and disappears
      data-testid="toast"
      data-id={item.id}
      data-severity={item.severity}
      {...swipe}
    >
      <Emblem item={item} />
      <div className={styles.text}>
        <p className={styles.title} dir="auto">
          <NotificationTitle
            item={item}
            title={title}
            isRead={false}
            isTabStop
            onRead={inbox.markRead}
            onNavigate={onNavigate}
          />
        </p>
        {item.body && (
          <p className={styles.body} dir="auto">
            {plainText(item.body)}
          </p>
        )}
        <LinkButtons item={item} isTabStop onRead={inbox.markRead} onNavigate={onNavigate} />
      </div>
      <button
        type="button"
        className={styles.dismiss}
        data-testid="dismiss-toast"
        data-dismiss
        aria-label={words('toasts.dismiss', { title })}
        onClick={dismiss}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
