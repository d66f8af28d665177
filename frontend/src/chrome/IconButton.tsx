import type { ReactNode } from 'react';
import styles from './bar.module.css';

interface IconButtonProps {
  /** What a click does, for the tooltip and for screen readers. */
  readonly label: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
  /** For a toggle button: whether it is on. */
  readonly isPressed?: boolean;
  readonly testId?: string;
  /** The language of the button's text, if it differs from the page's. */
  readonly lang?: string;
}

/** A round button of the bar. */
export function IconButton(props: IconButtonProps) {
  const { label, onClick, children, isPressed, testId, lang } = props;
  return (
    <button
      type="button"
      className={styles.control}
      lang={lang}
      aria-label={label}
      aria-pressed={isPressed}
      title={label}
      data-testid={testId}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
