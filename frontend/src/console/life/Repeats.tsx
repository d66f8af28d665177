import type { ConsoleApi } from '../api';
import { useLanguage } from '../language';
import { deadLetterOf } from '../model/story';
import type { Life } from '../model/wire';
import styles from './life.module.css';
import { RepeatButton } from './RepeatButton';

interface RepeatsProps {
  readonly api: ConsoleApi;
  readonly life: Life;
  readonly mayRepeat: boolean;
  readonly onDone: () => void;
}

/** Sends the notification or its dead letter again, as the command-line tools do. */
export function Repeats({ api, life, mayRepeat, onDone }: RepeatsProps) {
  const { say } = useLanguage();
  const { user_id, created_at } = life.notification ?? {};
  const place = deadLetterOf(life);
  const since = typeof created_at === 'string' ? created_at : undefined;
  const user = typeof user_id === 'string' ? user_id : undefined;
  const mayPush = user !== undefined && since !== undefined;
  if (!mayPush && place === undefined) return null;
  return (
    <section className={styles.repeats} aria-labelledby="repeat-title">
      <h2 id="repeat-title">{say('repeat')}</h2>
      {mayPush && (
        <RepeatButton
          name={say('repeat.push')}
          text={say('repeat.push.text')}
          repeat={(apply) => api.repeat(user, since, nextMillisecond(since), apply)}
          {...{ mayRepeat, onDone }}
        />
      )}
      {place !== undefined && (
        <RepeatButton
          name={say('repeat.letter')}
          text={say('repeat.letter.text', { place })}
          repeat={(apply) => api.repeatDeadLetter(place, apply)}
          {...{ mayRepeat, onDone }}
        />
      )}
    </section>
  );
}

/** The end of a span that includes this time. Stored times are in ms; a span excludes its end. */
const nextMillisecond = (at: string) => new Date(Date.parse(at) + 1).toISOString();
