import { useEffect, useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useArrivals } from '../hooks/use-arrivals';
import { useNotifications } from '../hooks/use-notifications';
import styles from '../ui/visually-hidden.module.css';
import { plainText } from '../ui/plain-text';

/** What arrives within this time is told in one sentence, in milliseconds. */
const GATHERING_MS = 700;

interface Heard {
  readonly count: number;
  readonly title: string;
}

const NOTHING: Heard = { count: 0, title: '' };

interface Told {
  readonly text: string;
  /** The same sentence, told again, is another one. */
  readonly turn: number;
}

/** Tells screen readers of live arrivals, however many came at a time: one sentence. */
export function Announcer() {
  const { words } = useInboxContext();
  const [heard, setHeard] = useState(NOTHING);
  const [told, setTold] = useState<Told>({ text: '', turn: 0 });
  // An erasure leaves no arrivals: what has been told of them is gone as well.
  const isSilenced = useNotifications().arrivals.items.length === 0;
  useArrivals((items) => {
    const title = plainText(items[0]?.title ?? '') || words('item.untitled');
    setHeard(({ count }) => ({ count: count + items.length, title }));
  });
  useEffect(() => {
    if (heard === NOTHING) return;
    const timer = setTimeout(() => {
      const text = words('arrivals', { ...heard });
      setTold(({ turn }) => ({ text, turn: turn + 1 }));
      setHeard(NOTHING);
    }, GATHERING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [heard, words]);
  return (
    <p className={styles.visuallyHidden} role="status" aria-live="polite">
      {!isSilenced && <span key={told.turn}>{told.text}</span>}
    </p>
  );
}
