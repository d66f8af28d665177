import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import styles from './item.module.css';
import { dateAndTime, relativeTime } from './relative-time';
import { ItemActions } from './ItemActions';
import type { ItemHandlers } from './NotificationItem';

export interface ItemFootProps {
  readonly item: Notification;
  readonly title: string;
  readonly titleId: string;
  readonly now: number;
  readonly isCut: boolean;
  readonly isUnfolded: boolean;
  /** Whether the buttons are tab stops. */
  readonly isTabStop: boolean;
  readonly onUnfold: () => void;
  readonly handlers: ItemHandlers;
}

/**
 * The last line of an item: its time, a button that unfolds its text if CSS cuts it, and the
 * actions.
 */
export function ItemFoot(props: ItemFootProps) {
  const { item, title, titleId, now, isCut, isUnfolded, isTabStop, onUnfold, handlers } = props;
  const { words, locale } = useInboxContext();
  return (
    <div className={styles.foot}>
      <time dateTime={item.created_at} title={dateAndTime(item.created_at, locale)}>
        {relativeTime(item.created_at, now, locale)}
      </time>
      {isCut && (
        <button
          type="button"
          className={styles.more}
          tabIndex={isTabStop ? 0 : -1}
          data-testid="unfold"
          aria-describedby={titleId}
          aria-expanded={isUnfolded}
          onClick={onUnfold}
        >
          {words(isUnfolded ? 'item.less' : 'item.more')}
        </button>
      )}
      <ItemActions item={item} title={title} isTabStop={isTabStop} handlers={handlers} />
    </div>
  );
}
