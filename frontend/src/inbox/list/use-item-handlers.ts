import { useMemo } from 'react';
import type { Notification } from '../domain/notification';
import { useNotifications } from '../hooks/use-notifications';
import type { ItemHandlers } from '../item/NotificationItem';
import type { Navigate } from '../ui/safe-link';

/**
 * Return the handlers of the items' actions. `onArchived` gets the item that was just archived, or
 * undefined if the item was unarchived.
 */
export function useItemHandlers(
  onNavigate: Navigate | undefined,
  onArchived: (item: Notification | undefined) => void,
): ItemHandlers {
  const { markRead, markUnread, archive, unarchive } = useNotifications();
  return useMemo(
    () => ({
      onNavigate,
      onRead: markRead,
      onToggleRead: (item) => {
        // An archived item is shown neither as unread nor as read, so there is nothing to toggle.
        if (item.archived_at === null) (item.read_at === null ? markRead : markUnread)(item);
      },
      onToggleArchived: (item) => {
        (item.archived_at === null ? archive : unarchive)(item);
        onArchived(item.archived_at === null ? item : undefined);
      },
    }),
    [onNavigate, onArchived, markRead, markUnread, archive, unarchive],
  );
}
