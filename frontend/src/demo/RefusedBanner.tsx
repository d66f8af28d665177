import { ConnectionNotice, useNotifications } from '../inbox';
import styles from './storefront.module.css';

/** Shows that the session was refused. For a lost connection, the header's dot is enough. */
export function RefusedBanner() {
  const { connection } = useNotifications();
  if (connection !== 'refused') return null;
  return (
    <div className={styles.banner}>
      <ConnectionNotice />
    </div>
  );
}
