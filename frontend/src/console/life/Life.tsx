import { useCallback, useEffect, useRef } from 'react';
import type { ConsoleApi } from '../api';
import { useLanguage } from '../language';
import { storyOf } from '../model/story';
import { momentText } from '../model/times';
import type { Life as Answer } from '../model/wire';
import { useFetched } from '../use-fetched';
import { searchHash } from '../use-route';
import { Failure } from './Failure';
import styles from './life.module.css';
import { RawEvents } from './RawEvents';
import { Repeats } from './Repeats';
import { StatusBadge } from './StatusBadge';
import { Timeline } from './Timeline';
import { Way } from './Way';

interface LifeProps {
  readonly api: ConsoleApi;
  readonly id: string;
  readonly mayRepeat: boolean;
}

const isUnfinished = (life: Answer) => storyOf(life).some((step) => step.is === 'next');

/**
 * One notification: its path through the services, its timeline, its raw events, and buttons to
 * send it again.
 */
export function Life({ api, id, mayRepeat }: LifeProps) {
  const { say, locale } = useLanguage();
  const load = useCallback(() => api.life(id), [api, id]);
  const [fetched, again] = useFetched(load, isUnfinished);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  const life = fetched.is === 'there' ? fetched.answer : undefined;
  const text = (name: string) => {
    const value = life?.notification?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const user = text('user_id');
  const created = text('created_at');
  return (
    <article className={styles.page} data-testid="life">
      <a className={styles.back} href="#/">
        {say('back')}
      </a>
      <div className={styles.head}>
        <h1 ref={heading} tabIndex={-1}>
          {text('title') ?? say('life.title')}
        </h1>
        {life && <StatusBadge status={life.status} />}
      </div>
      <p className={styles.id}>{id}</p>
      {fetched.is === 'loading' && (
        <p role="status" className={styles.soft}>
          {say('loading')}
        </p>
      )}
      {fetched.is === 'failed' && <Failure fetched={fetched} onRetry={again} />}
      {life && (
        <>
          {text('body') !== undefined && <p className={styles.body}>{text('body')}</p>}
          <p className={styles.soft}>
            {text('type')}
            {user !== undefined && (
              <>
                {' · '}
                <a href={searchHash('user', user)}>{user}</a>
              </>
            )}
            {created !== undefined && ` · ${momentText(created, locale)}`}
          </p>
          <Way life={life} />
          <Timeline life={life} />
          <Repeats {...{ api, life, mayRepeat }} onDone={again} />
          <RawEvents events={life.events} since={life.known_since} />
        </>
      )}
    </article>
  );
}
