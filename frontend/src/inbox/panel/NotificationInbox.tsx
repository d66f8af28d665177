import { useCallback, useEffect, useId, useMemo, useRef, type KeyboardEvent } from 'react';
import { ConnectionNotice } from '../connection/ConnectionNotice';
import { ProblemNotice } from '../connection/ProblemNotice';
import type { Filter } from '../domain/notification';
import type { Category } from '../domain/preferences';
import { LooksContext, type InboxLooks } from '../hooks/looks';
import { useKeptFocus } from '../hooks/use-kept-focus';
import { useNotifications } from '../hooks/use-notifications';
import { InboxList } from '../list/InboxList';
import type { Navigate } from '../ui/safe-link';
import { FilterTabs } from './FilterTabs';
import { InboxHeader } from './InboxHeader';
import styles from './panel.module.css';
import { useSeenWhileOpen } from './use-seen-while-open';

export interface NotificationInboxProps extends InboxLooks {
  readonly id?: string;
  /**
   * If set, the inbox is a panel: it takes the focus when it opens, and a button or Escape closes
   * it.
   */
  readonly onClose?: () => void;
  /**
   * For a router: called for links within this site, instead of letting the browser follow them.
   * If it returns false, the shopper is told that there is no such page.
   */
  readonly onNavigate?: Navigate;
  /** The shop's categories, which the shopper may mute in the settings. */
  readonly categories?: readonly Category[];
  /** The categories that have a tab of their own, with an exact count; at most ten. */
  readonly tabs?: readonly Category[];
}

const NONE: readonly Category[] = [];

/** The whole inbox. While it is on a visible page, it marks notifications as seen. */
export function NotificationInbox(props: NotificationInboxProps) {
  const { id, onClose, onNavigate, categories = NONE, tabs = NONE, renderItem, slots } = props;
  const { filter } = useNotifications();
  useSeenWhileOpen();
  const headingId = useId();
  const panelId = useId();
  const tabId = (tab: Filter) => `${panelId}-${tab}`;
  const looks = useMemo(() => ({ renderItem, slots }), [renderItem, slots]);
  const heading = useRef<HTMLHeadingElement>(null);
  const isPanel = onClose !== undefined;
  useEffect(() => {
    if (isPanel) heading.current?.focus();
  }, [isPanel]);
  const focusHeading = useCallback(() => {
    heading.current?.focus();
  }, []);
  // A notice disappears with its button.
  const keptFocus = useKeptFocus(focusHeading);
  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !onClose) return;
    event.preventDefault(); // so that nothing else closes, such as a dialog of the host
    onClose();
  };
  return (
    // The section is not interactive. It only handles Escape from the controls within it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      id={id}
      className={styles.inbox}
      data-testid="inbox"
      aria-labelledby={headingId}
      onKeyDown={closeOnEscape}
    >
      <LooksContext.Provider value={looks}>
        <InboxHeader {...{ headingId, heading, onClose, categories }} />
        <FilterTabs panelId={panelId} idOf={tabId} categories={tabs} />
        <div {...keptFocus}>
          <ConnectionNotice />
          <ProblemNotice />
        </div>
        <InboxList
          id={panelId}
          labelledBy={tabId(filter)}
          onNavigate={onNavigate}
          onEmpty={focusHeading}
        />
      </LooksContext.Provider>
    </section>
  );
}
