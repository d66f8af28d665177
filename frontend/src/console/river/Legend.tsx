import { useId, useState, type ReactNode } from 'react';
import { useLanguage } from '../language';
import type { RecordStatus } from '../model/lane-log';
import styles from './legend.module.css';
import trackStyles from './track.module.css';

const STATUSES: readonly RecordStatus[] = [
  'log',
  'flight',
  'waiting',
  'acked',
  'parked',
  'dead',
  'ended',
  'change',
];

/** Explains each mark in a word, and in a sentence when somebody points at it or tabs to it. */
export function Legend() {
  const { say } = useLanguage();
  return (
    <ul className={styles.legend} aria-label={say('legend')}>
      {STATUSES.map((status) => (
        <Entry key={status} name={say(`legend.${status}`)} text={say(`legend.${status}.text`)}>
          <span className={`${trackStyles.dot ?? ''} ${styles.dot ?? ''}`} data-status={status} />
        </Entry>
      ))}
      <Entry name={say('legend.commit')} text={say('legend.commit.text')}>
        <span className={styles.commit} />
      </Entry>
      <Entry name={say('legend.band')} text={say('legend.band.text')}>
        <span className={styles.band} />
      </Entry>
      <Entry name={say('legend.hop')} text={say('legend.hop.text')}>
        <span className={styles.hop} />
      </Entry>
    </ul>
  );
}

interface EntryProps {
  readonly name: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Entry({ name, text, children }: EntryProps) {
  const id = useId();
  const [isClosed, setIsClosed] = useState(false);
  return (
    <li className={styles.entry} data-closed={isClosed}>
      <button
        type="button"
        aria-describedby={id}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setIsClosed(true);
        }}
        onBlur={() => {
          setIsClosed(false);
        }}
        onMouseEnter={() => {
          setIsClosed(false);
        }}
        onClick={() => {
          setIsClosed(false);
        }}
      >
        <span className={styles.sample} aria-hidden="true">
          {children}
        </span>
        {name}
      </button>
      <span role="tooltip" id={id} className={styles.tip}>
        {text}
      </span>
    </li>
  );
}
