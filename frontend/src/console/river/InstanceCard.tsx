import { useLanguage, type Say } from '../language';
import type { InstanceState } from '../model/wire';
import { nameOf } from '../model/waiting';
import styles from './river.module.css';

/** One instance: its condition and its figures. */
export function InstanceCard({ instance }: { readonly instance: InstanceState }) {
  const { say, locale } = useLanguage();
  const { per_second, sockets, partitions, draining, links, generation } = instance;
  const state = draining && instance.state !== 'gone' ? 'draining' : instance.state;
  const rate = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const figure = (value: number | null | undefined) =>
    typeof value === 'number' ? rate.format(value) : '–';
  const reasons = Object.entries(instance.reasons);
  const lost = links.filter(({ up }) => !up).map(({ peer }) => nameOf(peer));
  return (
    <>
      <h2>
        {instance.name}
        <span className={styles.badge} data-state={state}>
          {say(`instance.state.${state}`)}
        </span>
      </h2>
      {instance.state !== 'gone' && (
        <dl className={styles.facts}>
          <Fact name={say('instance.partitions')} value={rate.format(partitions)} />
          <Fact name={say('instance.sockets')} value={figure(sockets)} />
          <Fact name={say('instance.pushed')} value={figure(per_second.pushed)} />
          <Fact name={say('instance.acked')} value={figure(per_second.acked)} />
          <Fact name={say('instance.hops')} value={figure(per_second.hops)} />
          <Fact name={say('instance.generation')} value={String(generation ?? '–')} />
        </dl>
      )}
      {reasons.map(([part, text]) => (
        <p key={part} className={styles.warn}>
          {reasonText(part, say)} <small lang="en">{text}</small>
        </p>
      ))}
      {lost.map((peer) => (
        <p key={peer} className={styles.warn}>
          {say('instance.link-lost', { peer })}
        </p>
      ))}
    </>
  );
}

/** The parts that an instance's `/readyz` can name. */
const PARTS = ['mongodb', 'kafka', 'owners', 'sockets'] as const;

function reasonText(part: string, say: Say): string {
  const known = PARTS.find((name) => name === part);
  return known ? say(`instance.reason.${known}`) : `${part}:`;
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);
