import { useState } from 'react';
import { useStored } from '../../chrome/use-stored';
import { useLanguage } from '../language';
import styles from './river.module.css';

const SENTENCES = ['log', 'mark', 'wait', 'instances', 'search'] as const;

/** On smaller screens, the sentences would hide the river. */
const HAS_ROOM = '(min-width: 860px)';

/** A few plain sentences for people who are new to this page, shown until somebody closes them. */
export function Newcomers() {
  const { say } = useLanguage();
  const [chosen, choose] = useStored('machine-room-explained');
  const [hasRoom] = useState(() => window.matchMedia(HAS_ROOM).matches);
  return (
    <details
      className={styles.newcomers}
      open={chosen === undefined ? hasRoom : chosen === 'open'}
      onToggle={(event) => {
        choose(event.currentTarget.open ? 'open' : 'closed');
      }}
    >
      <summary>{say('explain')}</summary>
      <ol>
        {SENTENCES.map((name) => (
          <li key={name}>{say(`explain.${name}`)}</li>
        ))}
      </ol>
    </details>
  );
}
