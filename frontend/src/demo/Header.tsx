import { ConnectionStatus, NotificationCenter } from '../inbox';
import { Brand } from './Brand';
import styles from './header.module.css';
import { useLanguage } from './language';
import { Preferences } from './Preferences';

interface HeaderProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly onNavigate: (href: string) => unknown;
}

const CATEGORIES = ['order', 'payment', 'review', 'offer'] as const;

export function Header(inbox: HeaderProps) {
  const { words } = useLanguage();
  const categories = CATEGORIES.map((id) => ({ id, label: words(`category.${id}`) }));
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <Brand />
        <ConnectionStatus />
        <Preferences />
        <NotificationCenter {...{ categories, ...inbox }} />
      </div>
    </header>
  );
}
