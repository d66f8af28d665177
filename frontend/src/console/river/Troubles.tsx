import { useLanguage, type Say } from '../language';
import { momentText } from '../model/times';
import { nameOf } from '../model/waiting';
import type { Trouble } from '../model/wire';
import styles from './river.module.css';

const CODES = [
  'topics.unread',
  'kafka.silent',
  'api.silent',
  'api.refuses',
  'instance.closed',
  'instance.silent',
  'instance.without_status',
] as const;

/** Shows what the console cannot see at present. */
export function Troubles({ troubles }: { readonly troubles: readonly Trouble[] }) {
  const { say, locale } = useLanguage();
  return troubles.map((trouble) => (
    <p key={`${trouble.part} ${trouble.code}`} className={styles.stale} role="alert">
      {troubleText(trouble, say, momentText(trouble.since, locale))}{' '}
      {trouble.detail !== '' && <small lang="en">{trouble.detail}</small>}
    </p>
  ));
}

function troubleText({ code, part }: Trouble, say: Say, since: string): string {
  const known = CODES.find((one) => one === code);
  return known ? say(`trouble.${known}`, { part: nameOf(part), since }) : `${part}: ${code}`;
}
