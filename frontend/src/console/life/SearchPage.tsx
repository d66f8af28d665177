import { useCallback, useEffect, useRef } from 'react';
import type { By, ConsoleApi } from '../api';
import { useLanguage } from '../language';
import { guessesOf } from '../model/guess';
import { momentText } from '../model/times';
import type { Found, FoundList } from '../model/wire';
import { useFetched } from '../use-fetched';
import { lifeHash } from '../use-route';
import { Failure } from './Failure';
import styles from './life.module.css';
import { StatusBadge } from './StatusBadge';

interface SearchPageProps {
  readonly api: ConsoleApi;
  readonly by: string;
  readonly q: string;
}

const KINDS: readonly By[] = ['order', 'collapse_key', 'user', 'id'];

/** Search by the chosen kind. If none is chosen, try the likely kinds until one has a result. */
async function searched(api: ConsoleApi, by: string, q: string) {
  const chosen = KINDS.filter((kind) => kind === by);
  let list: FoundList = { items: [], more: false, known_since: null };
  for (const kind of chosen.length > 0 ? chosen : guessesOf(q)) {
    list = await api.search(kind, q);
    if (list.items.length > 0) return { list, kind };
  }
  return { list, kind: chosen[0] };
}

/** The notifications that a search found, the newest first. */
export function SearchPage({ api, by, q }: SearchPageProps) {
  const { say, locale } = useLanguage();
  const load = useCallback(() => searched(api, by, q), [api, by, q]);
  const [fetched, again] = useFetched(load);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  return (
    <section className={styles.page} data-testid="results">
      <a className={styles.back} href="#/">
        {say('back')}
      </a>
      <h1 ref={heading} tabIndex={-1}>
        {say('results.title', { text: q })}
      </h1>
      <div role="status">
        {fetched.is === 'loading' && <p className={styles.soft}>{say('loading')}</p>}
        {fetched.is === 'there' && <p className={styles.soft}>{summary(fetched.answer)}</p>}
      </div>
      {fetched.is === 'failed' && <Failure fetched={fetched} onRetry={again} />}
      {fetched.is === 'there' && (
        <ul className={styles.results}>
          {fetched.answer.list.items.map((item) => (
            <Result key={item.id} item={item} />
          ))}
        </ul>
      )}
    </section>
  );

  function summary({ list, kind }: Awaited<ReturnType<typeof searched>>) {
    const { items, more, known_since } = list;
    const since = known_since === null ? '–' : momentText(known_since, locale);
    if (items.length === 0) return say('results.none', { since });
    const count = say(more ? 'results.more' : 'results', { count: items.length });
    return kind ? `${say(`search.by.${kind}`)} · ${count}` : count;
  }
}

function Result({ item }: { readonly item: Found }) {
  const { locale } = useLanguage();
  return (
    <li>
      <a href={lifeHash(item.id)}>{item.title ?? item.type ?? item.id}</a>
      <StatusBadge status={item.status} />
      <p className={styles.soft}>
        {[item.type, item.user_id, momentText(item.created_at, locale)]
          .filter((text) => text !== null)
          .join(' · ')}
      </p>
    </li>
  );
}
