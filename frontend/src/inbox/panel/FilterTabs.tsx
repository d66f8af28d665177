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

/** Return the tab that the key leads to from the open one; undefined for other keys. */
function targetOf({ key, currentTarget }: KeyboardEvent, open: number, count: number) {
  const step = getComputedStyle(currentTarget).direction === 'rtl' ? -1 : 1;
  const targets: Record<string, number> = {
    ArrowRight: (open + step + count) % count,
    ArrowLeft: (open - step + count) % count,
    Home: 0,
    End: count - 1,
  };
  return targets[key];
}

/** The lists as tabs, those of categories before the archive. An arrow key opens the next one. */
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
  const numbers = new Intl.NumberFormat(locale, { useGrouping: true });
  const list = useRef<HTMLDivElement>(null);
  const open = (index: number) => {
    const tab = list.current?.querySelectorAll<HTMLElement>('[role=tab]')[index];
    show(tabs[index]?.filter ?? 'all');
    tab?.focus();
    // With its neighbours: a mouse that scrolls in one direction only gets from tab to tab.
    tab?.scrollIntoView({ block: 'nearest', inline: 'center' });
  };
  const move = (event: KeyboardEvent) => {
    const target = targetOf(
      event,
      tabs.findIndex((tab) => tab.filter === filter),
      tabs.length,
    );
    if (target === undefined) return;
    event.preventDefault();
    open(target);
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
      {tabs.map((tab, index) => (
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
            open(index);
          }}
        >
          {tab.label}
          {tab.count > 0 && <span className={styles.count}>{numbers.format(tab.count)}</span>}
        </button>
      ))}
    </div>
  );
}
