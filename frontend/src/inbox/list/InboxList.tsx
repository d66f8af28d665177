import { useId, useState, type KeyboardEvent } from 'react';
import type { Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { fadeOut } from '../ui/fade-out';
import type { Navigate } from '../ui/safe-link';
import { Days } from './Days';
import styles from './list.module.css';
import { LoadMore } from './LoadMore';
import { NewPill } from './NewPill';
import { UndoBar } from './UndoBar';
import { useItemHandlers } from './use-item-handlers';
import { idOf, rowOf, useRovingFocus } from './use-roving-focus';
import { useWatchedList } from './use-watched-list';

interface InboxListProps {
  readonly id: string;
  readonly labelledBy: string;
  readonly onNavigate: Navigate | undefined;
  /** Called when the last item is removed while it has the focus. */
  readonly onEmpty: () => void;
}

/** The scrolling list of notifications, with its keyboard control and the undo bar. */
export function InboxList({ id, labelledBy, onNavigate, onEmpty }: InboxListProps) {
  const { words } = useInboxContext();
  const { items, hasMore, unarchive } = useNotifications();
  const [archived, setArchived] = useState<Notification>();
  const handlers = useItemHandlers(onNavigate, setArchived);
  const roving = useRovingFocus(items, onEmpty);
  const scroller = useWatchedList();
  const hintId = useId();
  const handleKey = (event: KeyboardEvent<HTMLElement>) => {
    roving.onKeyDown(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = items.find(({ id: itemId }) => itemId === idOf(event.target));
    const shortcuts = new Map([
      ['e', handlers.onToggleArchived],
      ['u', handlers.onToggleRead],
    ]);
    const act = shortcuts.get(event.key.toLowerCase());
    if (item && act) {
      fadeOut(rowOf(event.target));
      act(item);
    }
    if (event.key === 'Enter' && event.target instanceof HTMLLIElement)
      event.target.querySelector<HTMLElement>('[data-cover]')?.click();
  };
  return (
    <div className={styles.body}>
      <NewPill
        scroller={scroller}
        onTop={() => {
          if (items[0]) roving.focus(items[0].id);
        }}
      />
      {/* The panel is not interactive. It only handles the keys of the items within it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        id={id}
        role="tabpanel"
        aria-labelledby={labelledBy}
        aria-describedby={items.length > 0 ? hintId : undefined}
        className={styles.scroll}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that keys can scroll it
        tabIndex={items.length > 0 ? -1 : 0}
        onFocus={roving.onFocus}
        onBlur={roving.onBlur}
        onKeyDown={handleKey}
        onClickCapture={({ target }) => {
          fadeOut(rowOf(target));
        }}
      >
        <p id={hintId} hidden>
          {words('list.label')}
        </p>
        <Days roving={roving} handlers={handlers} scroller={scroller} />
        {hasMore && <LoadMore scroller={scroller} />}
      </div>
      <UndoBar
        item={archived}
        setItem={setArchived}
        onUndo={(item) => {
          unarchive(item);
          roving.focus(item.id);
        }}
      />
    </div>
  );
}
