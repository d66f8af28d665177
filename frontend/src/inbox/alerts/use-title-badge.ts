import { useEffect } from 'react';
import { useUnseenCount } from '../hooks/use-unseen-count';
import { badgeTitle } from './title-badge';

const MOST_SHOWN = 99;

/** Show the number of unseen notifications before the page's title. */
export function useTitleBadge(): void {
  const count = Math.min(useUnseenCount(), MOST_SHOWN + 1);
  useEffect(() => {
    if (count === 0) return undefined;
    return badgeTitle(`(${count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}) `);
  }, [count]);
}
