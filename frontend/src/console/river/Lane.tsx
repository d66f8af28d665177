import { useEffect, useRef } from 'react';
import { useLanguage } from '../language';
import type { LaneLog } from '../model/lane-log';
import { clockText } from '../model/times';
import { laneWords } from '../model/waiting';
import type { PartitionState } from '../model/wire';
import styles from './lane.module.css';
import type { Stage } from './stage';
import { TrackPainter } from './track-painter';
import trackStyles from './track.module.css';

const PITCH = { comfortable: 16, compact: 8 };

interface LaneProps {
  readonly lane: PartitionState;
  readonly log: LaneLog;
  readonly stage: Stage;
  /** The service's time, in ms. */
  readonly now: number;
  readonly compact: boolean;
  readonly onOpen: (partition: number) => void;
}

/** One partition: the end of its log, its marks, and in words what it waits for. */
export function Lane({ lane, log, stage, now, compact, onOpen }: LaneProps) {
  const { say } = useLanguage();
  const { partition, committed, end, unsettled, settled_beyond } = lane;
  const { status, sentence } = laneWords(lane, now);
  const text = say(sentence.key, sentence.parameters);
  const numbers = { partition, committed, end, unsettled, beyond: settled_beyond };
  return (
    <li
      className={styles.lane}
      data-status={status}
      data-compact={compact}
      data-testid={`lane-${partition}`}
    >
      <button
        type="button"
        className={styles.name}
        aria-label={say('lane.open', { partition })}
        aria-haspopup="dialog"
        onClick={() => {
          onOpen(partition);
        }}
      >
        P{partition}
      </button>
      <Track log={log} stage={stage} compact={compact} label={say('lane.numbers', numbers)} />
      <span className={styles.end} aria-hidden="true">
        {end}
      </span>
      <p className={styles.words} title={compact ? text : undefined}>
        {sentence.since !== undefined && (
          <span className={styles.clock} aria-hidden="true">
            {clockText(now - Date.parse(sentence.since))}
          </span>
        )}
        <span className={styles.sentence}>{text}</span>
      </p>
    </li>
  );
}

type TrackProps = Pick<LaneProps, 'log' | 'stage' | 'compact'> & { readonly label: string };

function Track({ log, stage, compact, label }: TrackProps) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return undefined;
    const pitch = PITCH[compact ? 'compact' : 'comfortable'];
    return stage.add(new TrackPainter(log, root.current, pitch));
  }, [log, stage, compact]);
  return (
    <div
      ref={root}
      className={`${trackStyles.track ?? ''} ${compact ? (trackStyles.compact ?? '') : ''}`}
      role="img"
      aria-label={label}
    />
  );
}
