import { useLanguage } from '../language';
import type { Group } from '../model/groups';
import type { Room } from '../model/room';
import { nameOf } from '../model/waiting';
import { InstanceCard } from './InstanceCard';
import { Lane } from './Lane';
import styles from './river.module.css';
import type { Stage } from './stage';

interface InstanceGroupProps {
  readonly group: Group;
  readonly room: Room;
  readonly stage: Stage;
  /** The service's time, in ms. */
  readonly now: number;
  readonly compact: boolean;
  readonly onOpen: (partition: number) => void;
}

/** An instance's card, and beside it the lanes that it owns. */
export function InstanceGroup({ group, room, stage, now, compact, onOpen }: InstanceGroupProps) {
  const { say } = useLanguage();
  const { url, instance, lanes } = group;
  return (
    <div className={styles.group}>
      <div className={styles.card} data-instance={url ?? ''} data-state={instance?.state ?? 'gone'}>
        {instance ? (
          <InstanceCard instance={instance} />
        ) : (
          <>
            <h2>{url === null ? say('instance.none') : nameOf(url)}</h2>
            <p className={styles.soft}>
              {say(url === null ? 'instance.none.text' : 'instance.unseen')}
            </p>
          </>
        )}
      </div>
      <ul className={styles.lanes} data-compact={compact}>
        {lanes.map((lane) => (
          <Lane
            key={lane.partition}
            {...{ lane, stage, now, compact, onOpen }}
            log={room.lane(lane.partition)}
          />
        ))}
        {lanes.length === 0 && <li className={styles.soft}>{say('instance.no-lanes')}</li>}
      </ul>
    </div>
  );
}
