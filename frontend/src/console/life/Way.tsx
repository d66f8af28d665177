import { useLanguage } from '../language';
import { wayOf } from '../model/story';
import { spanText } from '../model/times';
import type { Life } from '../model/wire';
import styles from './way.module.css';

/** A drawing of the way from the API to the browser, with the times between its places. */
export function Way({ life }: { readonly life: Life }) {
  const { say, locale } = useLanguage();
  return (
    <ol className={styles.way} aria-label={say('way')} data-testid="way">
      {wayOf(life).map(({ name, label, isReached, afterMs }) => (
        <li key={name} className={styles.station} data-reached={isReached}>
          <span className={styles.after}>{afterMs !== null && spanText(afterMs, locale)}</span>
          <span className={styles.dot} aria-hidden="true" />
          <span className={styles.name}>{say(`way.${name}`)}</span>
          <span className={styles.label}>{label}</span>
          {!isReached && <span className="visually-hidden">{say('way.not-reached')}</span>}
        </li>
      ))}
    </ol>
  );
}
