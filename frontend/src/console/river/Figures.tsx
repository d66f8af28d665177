import { useEffect, useState } from 'react';
import { useLanguage } from '../language';
import { createdIn, Rate } from '../model/rates';
import type { Room } from '../model/room';
import { laneWords } from '../model/waiting';
import type { RiverState } from '../model/wire';
import { useNow } from '../use-now';
import styles from './river.module.css';

interface FiguresProps {
  readonly room: Room;
  readonly state: RiverState;
  /** The service's time, in ms. */
  readonly now: number;
}

/** Six numbers that describe the whole system. */
export function Figures({ room, state, now }: FiguresProps) {
  const { say, locale } = useLanguage();
  const [created] = useState(() => new Rate());
  useEffect(
    () =>
      room.onMotion((motion) => {
        created.add(createdIn(motion), Date.now());
      }),
    [room, created],
  );
  const clock = useNow();
  const { instances, partitions } = state;
  const sum = <Item,>(items: readonly Item[], of: (item: Item) => number) =>
    items.reduce((total, item) => total + of(item), 0);
  const standing = partitions.filter((lane) =>
    ['waiting', 'alarm'].includes(laneWords(lane, now).status),
  ).length;
  const figures = [
    ['created', created.perSecond(clock)],
    ['acked', sum(instances, ({ per_second }) => per_second.acked ?? 0)],
    ['hops', sum(instances, ({ per_second }) => per_second.hops ?? 0)],
    ['flight', sum(partitions, ({ unsettled }) => unsettled)],
    ['standing', standing],
    ['sockets', sum(instances, ({ sockets }) => sockets ?? 0)],
  ] as const;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return (
    <dl className={styles.figures} data-testid="figures">
      {figures.map(([name, value]) => (
        <div key={name} data-alert={name === 'standing' && value > 0}>
          <dt>{say(`figure.${name}`)}</dt>
          <dd>{number.format(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
