import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import styles from './emblem.module.css';
import { TypeIcon } from './icons';
import hidden from './visually-hidden.module.css';

const WORDS = {
  info: undefined,
  success: undefined,
  warning: 'severity.warning',
  critical: 'severity.critical',
} as const;

/** The icon of a notification's type, in the tone of its severity. */
export function Emblem({ item }: { readonly item: Notification }) {
  const { words } = useInboxContext();
  const word = WORDS[item.severity];
  return (
    <span className={styles.emblem} data-severity={item.severity} data-testid="emblem">
      <TypeIcon type={item.type} />
      {word && <span className={hidden.visuallyHidden}>{words(word)}. </span>}
    </span>
  );
}
