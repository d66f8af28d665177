import { useEffect } from 'react';
import { useUnseenCount } from './use-unseen-count';

const BADGE = /^\(\d+\+?\) /;
const MOST_SHOWN = 99;

const badged = (title: string, count: number): string => {
  const plain = title.replace(BADGE, '');
  if (count === 0) return plain;
  return `(${count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}) ${plain}`;
};

/** Shows how many are new before the page's title, whatever the page makes of the title itself. */
export function useTitleBadge(): void {
  const count = useUnseenCount();
  useEffect(() => {
    const show = () => {
      const title = badged(document.title, count);
      if (title !== document.title) document.title = title;
    };
    show();
    const observer = new MutationObserver(show);
    observer.observe(document.head, { childList: true, characterData: true, subtree: true });
    return () => {
      observer.disconnect();
      document.title = badged(document.title, 0);
    };
  }, [count]);
}
