import type { ReactNode } from 'react';
import styles from './entrance.module.css';

interface EntranceProps {
  /** The content of the bar: brand and preferences. */
  readonly bar: ReactNode;
  readonly children: ReactNode;
}

/** The page that is shown before somebody signs in. */
export function Entrance({ bar, children }: EntranceProps) {
  return (
    <div className={styles.page}>
      <header className={styles.bar}>{bar}</header>
      {children}
    </div>
  );
}
