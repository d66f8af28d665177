import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { BellIcon, CloseIcon, ParcelIcon } from '../ui/icons';
import { NotificationTitle } from '../ui/NotificationTitle';
import { plainText } from '../ui/plain-text';
import { safeLink } from '../ui/safe-link';
import styles from './toast.module.css';

interface ToastProps {
  readonly item: Notification;
  readonly onDismiss: (id: string) => void;
  readonly onNavigate: ((href: string) => void) | undefined;
}

export function Toast({ item, onDismiss, onNavigate }: ToastProps) {
  const { inbox, words } = useInboxContext();
  const title = plainText(item.title) || words('item.untitled');
  return (
    <div className={styles.toast} data-testid="toast" data-id={item.id}>
      {item.type.startsWith('order.') ? <ParcelIcon /> : <BellIcon />}
      <div className={styles.text}>
        <p className={styles.title} dir="auto">
          <NotificationTitle
            title={title}
            link={safeLink(item.action_url)}
            isRead={false}
            isCurrent
            onRead={() => {
              inbox.markRead(item);
            }}
            onNavigate={onNavigate}
          />
        </p>
        {item.body && (
          <p className={styles.body} dir="auto">
            {plainText(item.body)}
          </p>
        )}
      </div>
      <button
        type="button"
        className={styles.dismiss}
        data-testid="dismiss-toast"
        data-dismiss
        aria-label={words('toasts.dismiss', { title })}
        onClick={() => {
          onDismiss(item.id);
        }}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
