import { useEffect, useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import type { Notification } from '../notification';
import { BellIcon, CloseIcon, ParcelIcon } from './icons';
import { ItemTitle } from './ItemTitle';
import { plainText } from './plain-text';
import { safeLink } from './safe-link';
import styles from './toast.module.css';

const SHOWN_MS = 6_000;

interface ToastProps {
  readonly item: Notification;
  /** It stays as long as this. */
  readonly isHeld: boolean;
  readonly onGone: (id: string) => void;
  readonly onNavigate: ((href: string) => void) | undefined;
}

export function Toast({ item, isHeld, onGone, onNavigate }: ToastProps) {
  const { inbox, words } = useInboxContext();
  const isHidden = useIsHidden();
  useEffect(() => {
    if (isHeld || isHidden) return;
    const timer = setTimeout(onGone, SHOWN_MS, item.id);
    return () => {
      clearTimeout(timer);
    };
  }, [isHeld, isHidden, item.id, onGone]);
  const title = plainText(item.title) || words('item.untitled');
  return (
    <div className={styles.toast} data-testid="toast" data-id={item.id}>
      {item.type.startsWith('order.') ? <ParcelIcon /> : <BellIcon />}
      <div className={styles.text}>
        <p className={styles.title} dir="auto">
          <ItemTitle
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
        aria-label={words('toasts.dismiss', { title })}
        onClick={() => {
          onGone(item.id);
        }}
      >
        <CloseIcon />
      </button>
    </div>
  );
}

function useIsHidden(): boolean {
  const [isHidden, setIsHidden] = useState(document.hidden);
  useEffect(() => {
    const look = () => {
      setIsHidden(document.hidden);
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return isHidden;
}
