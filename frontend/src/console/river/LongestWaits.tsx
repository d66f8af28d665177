import { useLanguage } from '../language';
import { clockText } from '../model/times';
import { nameOf, USUAL_WAIT_MS } from '../model/waiting';
import type { InFlight, RiverState } from '../model/wire';
import { lifeHash } from '../use-route';
import styles from './side.module.css';

const MOST = 6;

interface LongestWaitsProps {
  readonly state: RiverState;
  /** The service's time, in ms. */
  readonly now: number;
}

const waited = ({ pushed_at }: InFlight, now: number) =>
  pushed_at === null ? 0 : now - Date.parse(pushed_at);

/** The users whose browsers have been silent for longest. */
export function LongestWaits({ state, now }: LongestWaitsProps) {
  const { say } = useLanguage();
  const waits = state.in_flight
    .filter((one) => waited(one, now) >= USUAL_WAIT_MS)
    .toSorted((a, b) => waited(b, now) - waited(a, now));
  return (
    <section className={styles.box} aria-labelledby="waits-title">
      <h2 id="waits-title">{say('waits.title')}</h2>
      {waits.length === 0 && <p className={styles.soft}>{say('waits.empty')}</p>}
      <ol className={styles.waits}>
        {waits.slice(0, MOST).map((one) => (
          <li key={`${one.instance} ${one.partition} ${one.user} ${one.ids[0] ?? ''}`}>
            <span className={styles.clock}>{clockText(waited(one, now))}</span>
            <span>
              {one.ids[0] === undefined ? (
                one.user
              ) : (
                <a href={lifeHash(one.ids[0])} aria-label={say('waits.open', { user: one.user })}>
                  {one.user}
                </a>
              )}{' '}
              <small>
                {say('waits.text', {
                  partition: one.partition,
                  count: one.count,
                  attempt: one.attempt ?? 1,
                  edges: one.edges.map(nameOf).join(', ') || nameOf(one.instance),
                })}
              </small>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
