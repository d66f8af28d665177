import { useId } from 'react';
import styles from './settings.module.css';

interface SwitchProps {
  readonly label: string;
  readonly hint: string | undefined;
  readonly isOn: boolean;
  readonly isInert: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** A setting that is on or off, with a hint below it if there is one. */
export function Switch({ label, hint, isOn, isInert, onChange }: SwitchProps) {
  const hintId = useId();
  return (
    <div className={styles.setting}>
      <button
        type="button"
        role="switch"
        aria-checked={isOn}
        aria-describedby={hint && hintId}
        // Do not use `disabled`: a click may make the switch inert, and a disabled button loses the
        // focus.
        aria-disabled={isInert}
        className={styles.switch}
        onClick={() => {
          if (!isInert) onChange(!isOn);
        }}
      >
        <span>{label}</span>
        <span className={styles.track} aria-hidden="true" />
      </button>
      {hint && <p id={hintId}>{hint}</p>}
    </div>
  );
}
