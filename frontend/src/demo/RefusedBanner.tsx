import { ConnectionNotice, useNotifications } from '../inbox';
import styles from './storefront.module.css';

/** A refused session concerns the whole page; a lost connection is left to the dot in the header. */
export function RefusedBanner() {
  const { connection } = useNotifications();
  if (connection !== 'refused') return null;
  return (
    <div className={styles.banner}>
      <ConnectionNotice />
    </div>
  );
}
