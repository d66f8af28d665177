import { useEffect, useMemo, useState } from 'react';
import { useLanguage } from '../language';
import { groupsOf, isCompact } from '../model/groups';
import type { Picture, Room } from '../model/room';
import { timeText } from '../model/times';
import { useNow } from '../use-now';
import { Feed } from './Feed';
import { Figures } from './Figures';
import { Hops } from './Hops';
import { InstanceGroup } from './InstanceGroup';
import { LaneDetails } from './LaneDetails';
import { Legend } from './Legend';
import { LongestWaits } from './LongestWaits';
import { Newcomers } from './Newcomers';
import styles from './river.module.css';
import { Stage } from './stage';
import { Troubles } from './Troubles';

interface RiverProps {
  readonly room: Room;
  readonly picture: Picture;
}

/** All partitions as lanes, at the instances that own them, and what moves on them. */
export function River({ room, picture }: RiverProps) {
  const { say, locale } = useLanguage();
  const clock = useNow();
  const [opened, setOpened] = useState<number>();
  const [stage] = useState(() => new Stage());
  useEffect(() => room.onMotion(stage.move), [room, stage]);
  const { state, connection, pausedAt, ahead } = picture;
  const groups = useMemo(() => (state ? groupsOf(state) : []), [state]);
  if (!state) return <p className={styles.empty}>{say('river.loading')}</p>;

  const now = (pausedAt ?? clock) + ahead;
  const isLive = connection.is === 'live' && pausedAt === undefined;
  const compact = isCompact(state);
  const lane = state.partitions.find(({ partition }) => partition === opened);
  return (
    <div className={styles.page} data-live={isLive} data-testid="river">
      <h1 className="visually-hidden">{say('river.title')}</h1>
      <Newcomers />
      {!isLive && pausedAt === undefined && (
        <p className={styles.stale}>{say('river.stale', { time: timeText(state.at, locale) })}</p>
      )}
      <Troubles troubles={state.troubles} />
      <Figures room={room} state={state} now={now} />
      <div className={styles.columns}>
        <section className={styles.river} aria-label={say('river.lanes')}>
          <Hops room={room} groups={groups} />
          {groups.map((group) => (
            <InstanceGroup
              key={group.url}
              {...{ group, room, stage, now, compact }}
              onOpen={setOpened}
            />
          ))}
          {groups.length === 0 && <p className={styles.empty}>{say('river.empty')}</p>}
          <Legend />
        </section>
        <aside className={styles.side}>
          <LongestWaits state={state} now={now} />
          <Feed events={state.members} />
        </aside>
      </div>
      {lane && (
        <LaneDetails
          {...{ lane, state, now }}
          onClose={() => {
            setOpened(undefined);
          }}
        />
      )}
    </div>
  );
}
