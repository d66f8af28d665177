import styles from './header.module.css';
import { useLanguage } from './language';

export function Brand() {
  const { say } = useLanguage();
  return (
    <span className={styles.brand}>
      <img src="/favicon.svg" alt="" width="32" height="32" />
      {say('room.name')}
    </span>
  );
}
