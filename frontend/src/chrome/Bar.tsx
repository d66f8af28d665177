import type { ReactNode } from 'react';
import styles from './bar.module.css';

interface BarProps {
  /** A CSS class of the page, for the content of the bar. */
  readonly className: string | undefined;
  readonly children: ReactNode;
}

/** The bar that stays at the top of the page. */
export function Bar({ className, children }: BarProps) {
  return (
    <header className={styles.header}>
      <div className={[styles.inner, className].join(' ')}>{children}</div>
    </header>
  );
}
