import { ConnectionNotice, useNotifications } from '../inbox';
import styles from './storefront.module.css';

/** Shows a refused session on the page. A lost connection shows only in the header's dot. */
export function RefusedBanner() {
  const { connection } = useNotifications();
  if (connection !== 'refused') return null;
  return (
    <div className={styles.banner}>
      <ConnectionNotice />
    </div>
  );
}
