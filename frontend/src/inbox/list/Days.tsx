import { useMemo, type RefObject } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import type { ItemHandlers } from '../item/NotificationItem';
import { useNow } from '../item/use-now';
import { dayGroups } from './day-groups';
import { ItemChunk } from './ItemChunk';
import styles from './list.module.css';
import { EmptyState, FailedState, LoadingState } from './ListStates';
import type { RovingFocus } from './use-roving-focus';

interface DaysProps {
  readonly roving: RovingFocus;
  readonly handlers: ItemHandlers;
  readonly scroller: RefObject<HTMLElement | null>;
}

/** The items grouped by day, or an explanation if the list is empty. */
export function Days({ roving, handlers, scroller }: DaysProps) {
  const { locale } = useInboxContext();
  const { items, list, hasMore, arrivals } = useNotifications();
  const now = useNow();
  const days = useMemo(() => dayGroups(items, now, locale), [items, now, locale]);
  const freshIds = useMemo(() => new Set(arrivals.items.map(({ id }) => id)), [arrivals]);
  if (items.length === 0) {
    if (list === 'failed') return <FailedState />;
    return list === 'loading' || hasMore ? <LoadingState /> : <EmptyState />;
  }
  return days.map(({ key, label, chunks }) => (
    <section key={key} aria-label={label}>
      <h3 className={styles.day} data-testid="day">
        {label}
      </h3>
      {chunks.map((chunk) => {
        const holdsCurrent = chunk.items.some(({ id }) => id === roving.currentId);
        return (
          <ItemChunk
            key={chunk.key}
            items={chunk.items}
            start={chunk.start}
            total={hasMore ? -1 : items.length}
            now={now}
            freshIds={freshIds}
            currentId={holdsCurrent ? roving.currentId : undefined}
            focusRequest={holdsCurrent ? roving.focusRequest : 0}
            handlers={handlers}
            scroller={scroller}
          />
        );
      })}
    </section>
  ));
}
