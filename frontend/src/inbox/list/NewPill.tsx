import { useEffect, useState, type RefObject } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useNotifications } from '../hooks/use-notifications';
import { listen } from '../transport/listen';
import styles from './pill.module.css';

/**
 * A shopper who has scrolled down further than this, in pixels, does not see the arrivals at the
 * top.
 */
const SCROLLED = 40;

interface NewPillProps {
  readonly scroller: RefObject<HTMLElement | null>;
  /** Called after a click: the pill disappears, so the focus must move. */
  readonly onTop: () => void;
}

/** Shows the number of arrivals above the visible part. A click scrolls up to them. */
export function NewPill({ scroller, onTop }: NewPillProps) {
  const { words } = useInboxContext();
  const { arrivals } = useNotifications();
  const [countedTurn, setCountedTurn] = useState(arrivals.turn);
  const [count, setCount] = useState(0);
  const [isScrolled, setIsScrolled] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    const look = () => {
      setIsScrolled(element !== null && element.scrollTop > SCROLLED);
    };
    return listen(element, { scroll: look });
  }, [scroller]);
  if (arrivals.turn !== countedTurn) {
    setCountedTurn(arrivals.turn);
    setCount(count + arrivals.items.length);
  }
  if (!isScrolled && count > 0) setCount(0);
  if (!isScrolled || count === 0) return null;
  return (
    <button
      type="button"
      className={styles.pill}
      data-testid="new-pill"
      onClick={() => {
        scroller.current?.scrollTo({ top: 0 });
        onTop();
      }}
    >
      {words('list.new', { count })}
    </button>
  );
}
