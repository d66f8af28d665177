import { useRef, type KeyboardEvent } from 'react';
import { FILTERS, type Filter } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import styles from './filter.module.css';

const WORDS = {
  all: 'filter.all',
  unread: 'filter.unread',
  archived: 'filter.archived',
} as const;

interface FilterTabsProps {
  /** The id of the element that shows the list. */
  readonly panelId: string;
  readonly idOf: (filter: Filter) => string;
}

/** The three lists as tabs. Moving to a tab with an arrow key opens it. */
export function FilterTabs({ panelId, idOf }: FilterTabsProps) {
  const { words, locale } = useInboxContext();
  const { filter, counts, show } = useNotifications();
  const tabs = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const isRtl = getComputedStyle(event.currentTarget).direction === 'rtl';
    const steps: Record<string, number> = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    const index = (FILTERS.indexOf(filter) + step + FILTERS.length) % FILTERS.length;
    event.preventDefault();
    show(FILTERS[index] ?? 'all');
    tabs.current?.querySelectorAll<HTMLElement>('[role=tab]')[index]?.focus();
  };
  return (
    <div
      ref={tabs}
      role="tablist"
      tabIndex={-1}
      className={styles.tabs}
      aria-label={words('filter.label')}
      onKeyDown={move}
    >
      {FILTERS.map((tab) => (
        <button
          key={tab}
          id={idOf(tab)}
          type="button"
          role="tab"
          data-testid={`filter-${tab}`}
          aria-selected={tab === filter}
          aria-controls={panelId}
          tabIndex={tab === filter ? 0 : -1}
          onClick={() => {
            show(tab);
          }}
        >
          {words(WORDS[tab])}
          {tab === 'unread' && counts.unread > 0 && (
            <span className={styles.count}>
              {new Intl.NumberFormat(locale, { useGrouping: true }).format(counts.unread)}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
