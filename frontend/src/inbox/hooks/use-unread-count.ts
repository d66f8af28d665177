import { useInboxState } from './use-inbox-state';

/** The number of unread notifications. */
export function useUnreadCount(): number {
  return useInboxState(({ counts }) => counts.unread);
}
