import { useState, type SyntheticEvent } from 'react';
import styles from '../header.module.css';
import { SearchIcon } from '../icons';
import { useLanguage } from '../language';
import { guessesOf } from '../model/guess';
import { lifeHash, searchHash, type Route } from '../use-route';

const KINDS = ['any', 'order', 'collapse_key', 'user', 'id'] as const;

/** Searches by order, collapse key, user or id. It guesses which of these the text is. */
export function SearchBox({ route }: { readonly route: Route }) {
  const { say } = useLanguage();
  const [q, setQ] = useState(route.page === 'search' ? route.q : '');
  const [by, setBy] = useState<string>(route.page === 'search' ? route.by : 'any');
  const search = (event: SyntheticEvent) => {
    event.preventDefault();
    const text = q.trim();
    if (text === '') return;
    const isId = by === 'id' || (by === 'any' && guessesOf(text)[0] === 'id');
    window.location.hash = isId ? lifeHash(text) : searchHash(by, text);
  };
  return (
    <form className={styles.search} role="search" onSubmit={search}>
      <input
        type="search"
        aria-label={say('search.label')}
        placeholder={say('search.hint')}
        value={q}
        onChange={(event) => {
          setQ(event.target.value);
        }}
      />
      <select
        aria-label={say('search.by')}
        value={by}
        onChange={(event) => {
          setBy(event.target.value);
        }}
      >
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {say(`search.by.${kind}`)}
          </option>
        ))}
      </select>
      <button type="submit" aria-label={say('search')} title={say('search')}>
        <SearchIcon />
      </button>
    </form>
  );
}
