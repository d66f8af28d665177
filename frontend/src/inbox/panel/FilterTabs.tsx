import { useEffect, type KeyboardEvent } from 'react';
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

/** Open the tab that the key leads to: the first, the last, or a neighbour of the focused one. */
function move(event: KeyboardEvent): void {
  const { key, currentTarget, target } = event;
  const tabs = [...currentTarget.children] as HTMLElement[];
  const step = getComputedStyle(currentTarget).direction === 'rtl' ? -1 : 1;
  const at = tabs.indexOf(target as HTMLElement);
  const indexes: Record<string, number> = {
    ArrowRight: at + step,
    ArrowLeft: at - step,
    Home: 0,
    End: -1,
  };
  const index = indexes[key];
  if (index === undefined) return;
  event.preventDefault();
  tabs.at(index % tabs.length)?.click();
}

/**
 * The lists as tabs. Categories come before the archive. An arrow key opens the tab next to the
 * focused one.
 */
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
  return (
    <div
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
          onClick={({ currentTarget }) => {
            show(tab.filter);
            currentTarget.focus();
            // Also bring the neighbours of this tab into view. With a mouse that scrolls only
            // vertically, the shopper has no other way to reach them.
            currentTarget.scrollIntoView({ block: 'nearest', inline: 'center' });
          }}
        >
          {tab.label}
          {tab.count > 0 && (
            <span className={styles.count}>
              {tab.count.toLocaleString(locale, { useGrouping: true })}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
