import { useState } from 'react';
import { Refusal } from '../api';
import { useLanguage } from '../language';
import type { RepeatAnswer } from '../model/wire';
import styles from './life.module.css';

interface RepeatButtonProps {
  readonly name: string;
  readonly text: string;
  readonly repeat: (apply: boolean) => Promise<RepeatAnswer>;
  readonly mayRepeat: boolean;
  readonly onDone: () => void;
}

type Progress =
  | { readonly is: 'idle' | 'busy' }
  | { readonly is: 'tried' | 'done'; readonly answer: RepeatAnswer }
  | { readonly is: 'failed'; readonly words: string };

/** A button that first shows what would be sent. A second button then sends it. */
export function RepeatButton({ name, text, repeat, mayRepeat, onDone }: RepeatButtonProps) {
  const { say } = useLanguage();
  const [progress, setProgress] = useState<Progress>({ is: 'idle' });
  const run = async (apply: boolean) => {
    setProgress({ is: 'busy' });
    try {
      const answer = await repeat(apply);
      setProgress({ is: answer.applied ? 'done' : 'tried', answer });
      if (answer.applied) onDone();
    } catch (error) {
      setProgress({ is: 'failed', words: error instanceof Refusal ? error.message : '' });
    }
  };
  const isBusy = progress.is === 'busy';
  const mayApply = progress.is === 'tried' && progress.answer.count > 0;
  return (
    <div className={styles.repeat}>
      <p>{text}</p>
      <div className={styles.buttons}>
        <button type="button" disabled={isBusy} onClick={() => void run(false)}>
          {say('repeat.try', { name })}
        </button>
        {mayApply && mayRepeat && (
          <button type="button" className={styles.main} onClick={() => void run(true)}>
            {say('repeat.apply')}
          </button>
        )}
      </div>
      <div role="status">
        {progress.is === 'tried' && <Would answer={progress.answer} />}
        {mayApply && !mayRepeat && <p>{say('repeat.may-not')}</p>}
        {progress.is === 'done' && <p>{say('repeat.done', { count: progress.answer.count })}</p>}
        {progress.is === 'failed' && (
          <p>
            {say('failed')} <span lang="en">{progress.words}</span>
          </p>
        )}
      </div>
    </div>
  );
}

function Would({ answer }: { readonly answer: RepeatAnswer }) {
  const { say } = useLanguage();
  if (answer.count === 0) return <p>{say('repeat.nothing')}</p>;
  return (
    <>
      <p>{say('repeat.would', { count: answer.count })}</p>
      <ul className={styles.would}>
        {answer.would.map((what) => (
          <li key={what}>{what}</li>
        ))}
      </ul>
    </>
  );
}
