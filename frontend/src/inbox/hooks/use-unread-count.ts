import { useInboxState } from './use-inbox-state';

/** Return the number of unread notifications. */
export function useUnreadCount(): number {
  return useInboxState(({ counts }) => counts.unread);
}
