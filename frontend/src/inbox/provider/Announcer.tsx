import { useEffect, useState } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { useArrivals } from '../hooks/use-arrivals';
import { useLatest } from '../hooks/use-latest';
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
  /**
   * A repeated text gets a new number, and so a new element, because screen readers read only new
   * elements.
   */
  readonly number: number;
}

/**
 * Announces live arrivals to screen readers: critical ones at once, the others when no more arrive
 * for a moment.
 */
export function Announcer() {
  return (
    <>
      <Announcements isCritical={false} />
      <Announcements isCritical />
    </>
  );
}

/**
 * Announces the critical arrivals, or all others. Arrivals that come together share one sentence.
 */
function Announcements({ isCritical }: { readonly isCritical: boolean }) {
  const { words } = useInboxContext();
  const [gathered, setGathered] = useState(NOTHING);
  const [announcement, setAnnouncement] = useState<Announcement>({ text: '', number: 0 });
  // An erasure clears the arrivals. The announcement of these arrivals must disappear too.
  const isSilenced = useNotifications().arrivals.items.length === 0;
  // The words may be new at each render, which must not restart the time.
  const announce = useLatest((news: Gathered) => {
    const text = words('arrivals', { ...news });
    setAnnouncement(({ number }) => ({ text, number: number + 1 }));
  });
  useArrivals((arrived) => {
    const items = arrived.filter(({ severity }) => (severity === 'critical') === isCritical);
    if (items.length === 0) return;
    const title = plainText(items[0]?.title ?? '') || words('item.untitled');
    if (isCritical) announce({ count: items.length, title });
    else setGathered(({ count }) => ({ count: count + items.length, title }));
  });
  useEffect(() => {
    if (gathered === NOTHING) return;
    const timer = setTimeout(() => {
      announce(gathered);
      setGathered(NOTHING);
    }, GATHERING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [gathered, announce]);
  const { text, number } = announcement;
  if (isSilenced && text) setAnnouncement({ text: '', number: 0 });
  // An element with the role `status` must be on the page before its text. An `alert` may appear
  // with its text, and must not be empty.
  if (isCritical && !text) return null;
  return (
    <p className={styles.visuallyHidden} role={isCritical ? 'alert' : 'status'}>
      {text && <span key={number}>{text}</span>}
    </p>
  );
}
