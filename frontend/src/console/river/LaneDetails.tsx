import { useEffect, useRef, type ReactNode } from 'react';
import { useLanguage } from '../language';
import { clockText } from '../model/times';
import { laneWords, nameOf, waitSentence } from '../model/waiting';
import type { PartitionState, RiverState } from '../model/wire';
import { lifeHash } from '../use-route';
import styles from './details.module.css';

interface LaneDetailsProps {
  readonly lane: PartitionState;
  readonly state: RiverState;
  /** The service's time, in ms. */
  readonly now: number;
  readonly onClose: () => void;
}

/** All that is known of one partition, in a dialog. */
export function LaneDetails({ lane, state, now, onClose }: LaneDetailsProps) {
  const { say, locale } = useLanguage();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const number = new Intl.NumberFormat(locale);
  const yes = (is: boolean) => say(is ? 'yes' : 'no');
  const { owner, waits_for: wait } = lane;
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby="lane-title"
      data-testid="lane-details"
      onClose={onClose}
    >
      <header>
        <h2 id="lane-title">{say('lane.title', { partition: lane.partition })}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          {say('close')}
        </button>
      </header>
      <LaneStory {...{ lane, now }} />
      <dl>
        <Fact name={say('lane.owner')}>
          {owner === null ? say('instance.none') : nameOf(owner)}
        </Fact>
        <Fact name={say('lane.committed')}>{lane.committed}</Fact>
        <Fact name={say('lane.end')}>{lane.end}</Fact>
        <Fact name={say('lane.lag')}>{number.format(lane.lag)}</Fact>
        <Fact name={say('lane.unsettled')}>{number.format(lane.unsettled)}</Fact>
        <Fact name={say('lane.beyond')}>{number.format(lane.settled_beyond)}</Fact>
        <Fact name={say('lane.in-flight')}>{number.format(lane.in_flight)}</Fact>
        <Fact name={say('lane.is-paused')}>{yes(lane.paused)}</Fact>
        <Fact name={say('lane.is-stopped')}>{yes(lane.stopped)}</Fact>
        <Fact name={say('lane.policy')}>{state.policy ?? '–'}</Fact>
        <Fact name={say('lane.topic')}>{`${state.topic} · ${state.group}`}</Fact>
        {wait?.id && (
          <Fact name={say('lane.first')}>
            <a href={lifeHash(wait.id)}>{wait.id}</a>
          </Fact>
        )}
      </dl>
    </dialog>
  );
}

/** What the lane waits for, even if the wait is not longer than usual. */
function LaneStory({ lane, now }: Pick<LaneDetailsProps, 'lane' | 'now'>) {
  const { say } = useLanguage();
  const { status, sentence } = laneWords(lane, now);
  const shown =
    status === 'moving' && lane.waits_for ? waitSentence(lane.waits_for, lane.owner) : sentence;
  return (
    <div className={styles.story} data-status={status}>
      <p>
        {say(shown.key, shown.parameters)}
        {shown.since !== undefined && ` · ${clockText(now - Date.parse(shown.since))}`}
      </p>
      {lane.settled_beyond > 0 && (
        <p>
          {say('lane.beyond.text', { count: lane.settled_beyond, offset: String(lane.committed) })}
        </p>
      )}
    </div>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
