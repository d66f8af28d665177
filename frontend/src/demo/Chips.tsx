import styles from './chips.module.css';
import { useLanguage } from './language';
import type { DemoWords } from './words/languages/es';

/** The labels of the notifications that are not about an order's state, by their API ids. */
const LABELS: Readonly<Record<string, keyof DemoWords>> = {
  payment_failed: 'kind.payment_failed',
  delayed: 'kind.delayed',
  refunded: 'kind.refunded',
  review: 'kind.review',
  not_delivered: 'kind.not_delivered',
  offer: 'kind.offer',
  sign_in: 'kind.sign_in',
};

interface ChipsProps {
  readonly label: string;
  readonly kinds: readonly string[];
  readonly onSend: (kind: string) => Promise<void>;
}

/** Buttons of the demo: one for each kind of notification that the shop can send now. */
export function Chips({ label, kinds, onSend }: ChipsProps) {
  const { words } = useLanguage();
  if (kinds.length === 0) return null;
  return (
    <div className={styles.chips} role="group" aria-label={label}>
      <span aria-hidden="true">{label}</span>
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          data-testid={`send-${kind}`}
          onClick={() => void onSend(kind)}
        >
          {LABELS[kind] ? words(LABELS[kind]) : kind}
        </button>
      ))}
    </div>
  );
}
