import { useInboxState } from './use-inbox-state';

/** Return the number of notifications that the shopper has not seen. */
export function useUnseenCount(): number {
  return useInboxState(({ counts }) => counts.unseen);
}
