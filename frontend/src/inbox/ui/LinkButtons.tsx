import { useState } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { ItemLink } from './ItemLink';
import styles from './link-buttons.module.css';
import { plainText } from './plain-text';
import { safeLink, type Navigate } from './safe-link';

interface LinkButtonsProps {
  readonly item: Notification;
  /** Whether the buttons are tab stops. */
  readonly isTabStop: boolean;
  readonly onRead: (item: Notification) => void;
  readonly onNavigate: Navigate | undefined;
}

/** The buttons that the shop gave a notification. Those whose link is not safe are left out. */
export function LinkButtons({ item, isTabStop, onRead, onNavigate }: LinkButtonsProps) {
  const { words } = useInboxContext();
  const [lost, setLost] = useState<readonly string[]>([]);
  if (item.actions.length === 0) return null;
  return (
    <p className={styles.buttons} data-testid="link-buttons">
      {item.actions.map(({ label, url }) => {
        const link = lost.includes(url) ? undefined : safeLink(url);
        return (
          link && (
            <ItemLink
              key={label + url}
              link={link}
              className={styles.button}
              isTabStop={isTabStop}
              onRead={() => {
                onRead(item);
              }}
              onNavigate={onNavigate}
              onLost={() => {
                setLost([...lost, url]);
              }}
            >
              <bdi>{plainText(label)}</bdi>
            </ItemLink>
          )
        );
      })}
      {lost.length > 0 && <span role="alert">{words('item.lost')}</span>}
    </p>
  );
}
