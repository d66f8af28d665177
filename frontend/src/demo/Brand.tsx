import styles from './header.module.css';
import { useLanguage } from './language';

export function Brand() {
  const { words } = useLanguage();
  return (
    <span className={styles.brand}>
      <img src="/favicon.svg" alt="" width="32" height="32" />
      {words('shop.name')}
    </span>
  );
}
