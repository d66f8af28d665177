import type { RefObject } from 'react';
import { ConnectionStatus, NotificationBell } from '../inbox';
import { Brand } from './Brand';
import styles from './header.module.css';
import { Preferences } from './Preferences';

interface HeaderProps {
  readonly bell: RefObject<HTMLButtonElement | null>;
  readonly panelId: string;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

export function Header({ bell, panelId, isOpen, onToggle }: HeaderProps) {
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <Brand />
        <ConnectionStatus />
        <Preferences />
        <NotificationBell ref={bell} isOpen={isOpen} onToggle={onToggle} controls={panelId} />
      </div>
    </header>
  );
}
