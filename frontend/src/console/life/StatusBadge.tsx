import { useLanguage } from '../language';
import styles from './life.module.css';

const KNOWN = [
  'pending',
  'delivered',
  'expired',
  'superseded',
  'dead_lettered',
  'muted',
  'withdrawn',
  'erased',
] as const;

export function StatusBadge({ status }: { readonly status: string }) {
  const { say } = useLanguage();
  const known = KNOWN.find((name) => name === status);
  return (
    <span className={styles.badge} data-status={status}>
      {known ? say(`status.${known}`) : status}
    </span>
  );
}
