import { useLanguage, type Say } from '../language';
import { timeText } from '../model/times';
import { nameOf } from '../model/waiting';
import type { GroupEvent } from '../model/wire';
import styles from './side.module.css';

const KNOWN = ['joined', 'left', 'died', 'ready', 'not ready', 'rebalanced'] as const;
/** The service's text about moved partitions, which is in English. The page needs their number. */
const MOVED = /^(\d+) partitions? changed/;

/** Which instances joined, left or died, the newest event first. */
export function Feed({ events }: { readonly events: readonly GroupEvent[] }) {
  const { say, locale } = useLanguage();
  return (
    <section className={styles.box} aria-labelledby="feed-title">
      <h2 id="feed-title">{say('feed.title')}</h2>
      {events.length === 0 && <p className={styles.soft}>{say('feed.empty')}</p>}
      {/* In Firefox and Chrome, the keyboard can scroll this list. Safari needs the tab stop. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.feed} tabIndex={0} role="log" aria-labelledby="feed-title">
        <ol data-testid="feed">
          {events.toReversed().map((one, index) => (
            <li key={`${one.at} ${one.what} ${index}`} data-what={one.what}>
              <time dateTime={one.at}>{timeText(one.at, locale)}</time>
              <span>{eventText(one, say)}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function eventText({ what, instance, detail }: GroupEvent, say: Say): string {
  const moved = what === 'rebalanced' ? MOVED.exec(detail ?? '')?.[1] : undefined;
  if (moved !== undefined) return say('feed.moved', { count: Number(moved) });
  const known = KNOWN.find((name) => name === what);
  const name = instance === null ? '' : nameOf(instance);
  return (known ? say(`feed.${known}`, { name }) : `${name} ${what}`).trim();
}
