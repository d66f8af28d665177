import { useState, type SyntheticEvent } from 'react';
import { Entrance } from '../../chrome/Entrance';
import { Brand } from '../Brand';
import { useLanguage } from '../language';
import { Preferences } from '../Preferences';
import styles from './door.module.css';

/**
 * Why the page asks for a token: there is none yet, the visitor left, the token has expired, was
 * refused or lacks the scope, or the service does not answer.
 */
export type DoorReason = 'none' | 'left' | 'expired' | 'refused' | 'scope' | 'silent';

interface DoorProps {
  readonly reason: DoorReason;
  readonly isOpening: boolean;
  /** Whether there is a token to try again, because the service has not answered. */
  readonly canRetry: boolean;
  /** Enter with this token. If it is undefined, try the last token again. */
  readonly onEnter: (token: string | undefined) => void;
}

/** Asks for a token. Until there is one that the service accepts, the page shows nothing else. */
export function Door({ reason, isOpening, canRetry, onEnter }: DoorProps) {
  const { say } = useLanguage();
  return (
    <Entrance
      bar={
        <>
          <Brand />
          <Preferences />
        </>
      }
    >
      <main className={styles.door} data-testid="door">
        <h1>{say('door.title')}</h1>
        <div role="status" className={styles.status}>
          {isOpening && <p>{say('door.opening')}</p>}
          {!isOpening && reason !== 'none' && (
            <p className={styles.reason}>{say(`door.${reason}`)}</p>
          )}
        </div>
        {!isOpening && canRetry && (
          <button
            type="button"
            className={styles.enter}
            onClick={() => {
              onEnter(undefined);
            }}
          >
            {say('retry')}
          </button>
        )}
        {!isOpening && !canRetry && <TokenForm onEnter={onEnter} />}
      </main>
    </Entrance>
  );
}

function TokenForm({ onEnter }: Pick<DoorProps, 'onEnter'>) {
  const { say } = useLanguage();
  const [text, setText] = useState('');
  const enter = (event: SyntheticEvent) => {
    event.preventDefault();
    // People often copy a token together with the header's name.
    const token = text.replace(/^\s*bearer\s+/i, '').trim();
    if (token !== '') onEnter(token);
  };
  return (
    <form className={styles.form} onSubmit={enter}>
      <p id="door-hint">{say('door.hint')}</p>
      <label htmlFor="token">{say('door.token')}</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        aria-describedby="door-hint"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <button type="submit" className={styles.enter}>
        {say('door.enter')}
      </button>
    </form>
  );
}
