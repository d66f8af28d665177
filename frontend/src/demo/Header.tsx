import { Bar } from '../chrome/Bar';
import { ConnectionStatus, NotificationCenter } from '../inbox';
import { Brand } from './Brand';
import styles from './header.module.css';
import { useLanguage } from './language';
import { MachineRoomLink } from './MachineRoomLink';
import { Preferences } from './Preferences';
import type { ShopApi } from './shop-api';

interface HeaderProps {
  readonly shop: ShopApi;
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly onNavigate: (href: string) => unknown;
}

/** The categories that the inbox offers to mute. Only some have a tab, to keep the tabs few. */
const CATEGORIES = ['order', 'payment', 'review', 'offer'] as const;
const TABS: ReadonlySet<string> = new Set(['order', 'payment', 'offer']);

export function Header({ shop, ...inbox }: HeaderProps) {
  const { words } = useLanguage();
  const categories = CATEGORIES.map((id) => ({ id, label: words(`category.${id}`) }));
  const tabs = categories.filter(({ id }) => TABS.has(id));
  return (
    <Bar className={styles.inner}>
      <Brand />
      <ConnectionStatus />
      <MachineRoomLink shop={shop} />
      <Preferences />
      <NotificationCenter {...{ categories, tabs, ...inbox }} />
    </Bar>
  );
}
