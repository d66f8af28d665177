import { useLanguage, type Say } from '../language';
import { storyOf, type StoryStep } from '../model/story';
import { spanText, timeText } from '../model/times';
import { nameOf } from '../model/waiting';
import type { Life } from '../model/wire';
import styles from './timeline.module.css';

/** What happened to the notification, in order of time, and what may still happen. */
export function Timeline({ life }: { readonly life: Life }) {
  const { say, locale } = useLanguage();
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title" className={styles.title}>
        {say('timeline')}
      </h2>
      <ol className={styles.timeline} data-testid="timeline">
        {storyOf(life).map((step) => (
          <li
            key={step.name}
            className={styles.step}
            data-is={step.is}
            data-end={step.isEnd}
            data-step={step.name}
          >
            <span className={styles.when}>
              {step.at !== null && <time dateTime={step.at}>{timeText(step.at, locale, 3)}</time>}
              {step.afterMs !== null && <span>+{spanText(step.afterMs, locale)}</span>}
            </span>
            <span className={styles.what}>
              <strong>{say(`step.${step.name}`)}</strong>
              <span>{stepText(step, say)}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function stepText(step: StoryStep, say: Say): string {
  if (step.is === 'next') return say('step.next');
  const { reason, superseded_by } = step.details;
  return [
    say(`step.${step.name}.text`),
    placeText(step, say),
    reason && say('step.reason', { reason }),
    superseded_by && say('step.superseded-by', { id: superseded_by }),
    // No record has the time at which MongoDB stored the notification (`written`). The times of the
    // steps before and after it are close enough, so do not say that its time is unknown.
    step.at === null && step.name !== 'written' && say('step.no-time'),
  ]
    .filter((text) => typeof text === 'string')
    .join(' ');
}

/** Return where the record is on the log, or through which instances the push went. */
function placeText({ name, details, isHop }: StoryStep, say: Say): string | undefined {
  const { partition, offset, owner, edge, attempt } = details;
  if (name === 'logged' && typeof partition === 'number')
    return say('step.place', { partition, offset: String(offset ?? '?') });
  const tries = attempt && attempt > 1 ? [say('step.attempt', { attempt })] : [];
  if (name !== 'pushed' || !owner || !edge) return tries[0];
  const way = { owner: nameOf(owner), edge: nameOf(edge) };
  return [say(isHop ? 'step.hop' : 'step.no-hop', way), ...tries].join(' ');
}
