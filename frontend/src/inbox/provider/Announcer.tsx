import { useEffect, useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useArrivals } from '../hooks/use-arrivals';
import { useNotifications } from '../hooks/use-notifications';
import { plainText } from '../ui/plain-text';
import styles from '../ui/visually-hidden.module.css';

/** Arrivals within this time, in milliseconds, are announced in one sentence. */
const GATHERING_MS = 700;

interface Gathered {
  readonly count: number;
  readonly title: string;
}

const NOTHING: Gathered = { count: 0, title: '' };

interface Announcement {
  readonly text: string;
  /** Turns a repeated text into a new element, because screen readers read only new elements. */
  readonly number: number;
}

/** Announces live arrivals to screen readers, with one sentence for those that come together. */
export function Announcer() {
  const { words } = useInboxContext();
  const [gathered, setGathered] = useState(NOTHING);
  const [announcement, setAnnouncement] = useState<Announcement>({ text: '', number: 0 });
  // An erasure clears the arrivals. Their announcement must disappear too.
  const isSilenced = useNotifications().arrivals.items.length === 0;
  useArrivals((items) => {
    const title = plainText(items[0]?.title ?? '') || words('item.untitled');
    setGathered(({ count }) => ({ count: count + items.length, title }));
  });
  useEffect(() => {
    if (gathered === NOTHING) return;
    const timer = setTimeout(() => {
      const text = words('arrivals', { ...gathered });
      setAnnouncement(({ number }) => ({ text, number: number + 1 }));
      setGathered(NOTHING);
    }, GATHERING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [gathered, words]);
  return (
    <p className={styles.visuallyHidden} role="status" aria-live="polite">
      {!isSilenced && <span key={announcement.number}>{announcement.text}</span>}
    </p>
  );
}
