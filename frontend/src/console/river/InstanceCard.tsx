import { useLanguage } from '../language';
import type { InstanceState } from '../model/wire';
import { nameOf } from '../model/waiting';
import styles from './river.module.css';

/** One instance: how it does, and its figures. */
export function InstanceCard({ instance }: { readonly instance: InstanceState }) {
  const { say, locale } = useLanguage();
  const { per_second, sockets, partitions, draining, links, generation } = instance;
  const state = draining && instance.state !== 'gone' ? 'draining' : instance.state;
  const rate = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const reasons = Object.entries(instance.reasons).map(([part, text]) => `${part}: ${text}`);
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
          <Fact name={say('instance.sockets')} value={rate.format(sockets)} />
          <Fact name={say('instance.pushed')} value={rate.format(per_second.pushed)} />
          <Fact name={say('instance.acked')} value={rate.format(per_second.acked)} />
          <Fact name={say('instance.hops')} value={rate.format(per_second.hops)} />
          <Fact name={say('instance.generation')} value={String(generation ?? '–')} />
        </dl>
      )}
      {[...reasons, ...lost.map((peer) => say('instance.link-lost', { peer }))].map((text) => (
        <p key={text} className={styles.warn}>
          {text}
        </p>
      ))}
    </>
  );
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);
