import { ConnectionStatus, NotificationCenter } from '../inbox';
import { Brand } from './Brand';
import styles from './header.module.css';
import { Preferences } from './Preferences';

interface HeaderProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly onNavigate: (href: string) => unknown;
}

export function Header(inbox: HeaderProps) {
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <Brand />
        <ConnectionStatus />
        <Preferences />
        <NotificationCenter {...inbox} />
      </div>
    </header>
  );
}
