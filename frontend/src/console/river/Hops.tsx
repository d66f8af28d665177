import { useEffect, useRef, useState } from 'react';
import type { Group } from '../model/groups';
import type { Room } from '../model/room';
import { HopFlights } from './hop-flights';
import styles from './hops.module.css';

interface HopsProps {
  readonly room: Room;
  readonly groups: readonly Group[];
}

interface Arc {
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly isUp: boolean;
}

const WIDTH = 30;

/** Lines between the cards of linked instances. A moving dot is a push that took this hop. */
export function Hops({ room, groups }: HopsProps) {
  const layer = useRef<HTMLDivElement>(null);
  const [flights] = useState(() => new HopFlights());
  const [arcs, setArcs] = useState<readonly Arc[]>([]);

  useEffect(() => {
    const element = layer.current;
    const parent = element?.parentElement;
    if (!element || !parent) return undefined;
    const measure = () => {
      setArcs(arcsOf(parent, groups));
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(parent);
    return () => {
      sizes.disconnect();
    };
  }, [groups]);

  useEffect(() => {
    if (layer.current) flights.show(layer.current, arcs);
  }, [flights, arcs]);
  useEffect(() => room.onMotion(flights.move), [room, flights]);

  return (
    <div ref={layer} className={styles.layer} aria-hidden="true">
      <svg width={WIDTH} height="100%">
        {arcs.map(({ from, to, path, isUp }) => (
          <path key={`${from} ${to}`} d={path} className={styles.arc} data-up={isUp} />
        ))}
      </svg>
    </div>
  );
}

/** Return an arc for each pair of instances. The farther apart their cards, the wider the arc. */
function arcsOf(parent: HTMLElement, groups: readonly Group[]): Arc[] {
  const top = parent.getBoundingClientRect().top;
  const cards = [...parent.querySelectorAll<HTMLElement>('[data-instance]')];
  const places = groups.flatMap(({ url, instance }) => {
    const card = cards.find(({ dataset }) => dataset.instance === url);
    if (!card || !url || !instance || instance.state === 'gone') return [];
    const box = card.getBoundingClientRect();
    return [{ url, instance, y: Math.round(box.top - top + Math.min(28, box.height / 2)) }];
  });
  return places.flatMap((from, index) =>
    places.slice(index + 1).map((to, further) => {
      const out = WIDTH - 6 - Math.min(WIDTH - 8, 14 + further * 8);
      const path = `M${WIDTH} ${from.y + 4}C${out} ${from.y + 10} ${out} ${to.y - 10} ${WIDTH} ${to.y - 4}`;
      const isUp = (a: typeof from, b: typeof from) =>
        a.instance.links.find(({ peer }) => peer === b.url)?.up !== false;
      return { from: from.url, to: to.url, path, isUp: isUp(from, to) && isUp(to, from) };
    }),
  );
}
