import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { Filter, StatusFilter } from '../domain/notification';
import type { Category } from '../domain/preferences';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import styles from './filter.module.css';

const WORDS = {
  all: 'filter.all',
  unread: 'filter.unread',
  archived: 'filter.archived',
} as const;

interface Tab {
  readonly filter: Filter;
  readonly label: string;
  readonly count: number;
}

interface FilterTabsProps {
  /** The id of the element that shows the list. */
  readonly panelId: string;
  readonly idOf: (filter: Filter) => string;
  /** The categories that have a tab. */
  readonly categories: readonly Category[];
}

/** The lists as tabs, those of categories before the archive. Moving to a tab with an arrow key opens it. */
export function FilterTabs({ panelId, idOf, categories }: FilterTabsProps) {
  const { words, locale, inbox } = useInboxContext();
  const { filter, counts, byCategory, show } = useNotifications();
  const ids = categories.map(({ id }) => id).join();
  useEffect(() => {
    if (ids !== '') inbox.countCategories(ids.split(','));
  }, [inbox, ids]);
  const statusTab = (status: StatusFilter, count = 0): Tab => ({
    filter: status,
    label: words(WORDS[status]),
    count,
  });
  const tabs: readonly Tab[] = [
    statusTab('all'),
    statusTab('unread', counts.unread),
    ...categories.map(({ id, label }): Tab => ({
      filter: `category:${id}`,
      label,
      count: byCategory[id]?.unread ?? 0,
    })),
    statusTab('archived'),
  ];
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const isRtl = getComputedStyle(event.currentTarget).direction === 'rtl';
    const steps: Record<string, number> = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    const open = tabs.findIndex((tab) => tab.filter === filter);
    const index = (open + step + tabs.length) % tabs.length;
    event.preventDefault();
    show(tabs[index]?.filter ?? 'all');
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[index]?.focus();
  };
  return (
    <div
      ref={list}
      role="tablist"
      tabIndex={-1}
      className={styles.tabs}
      aria-label={words('filter.label')}
      onKeyDown={move}
    >
      {tabs.map((tab) => (
        <button
          key={tab.filter}
          id={idOf(tab.filter)}
          type="button"
          role="tab"
          data-testid={`filter-${tab.filter}`}
          aria-selected={tab.filter === filter}
          aria-controls={panelId}
          tabIndex={tab.filter === filter ? 0 : -1}
          onClick={() => {
            show(tab.filter);
          }}
        >
          {tab.label}
          {tab.count > 0 && (
            <span className={styles.count}>
              {new Intl.NumberFormat(locale, { useGrouping: true }).format(tab.count)}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
