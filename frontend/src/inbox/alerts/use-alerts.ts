import { useEffect, useState } from 'react';
import { Desktop, desktopState } from './system-notifications';
import { inOneTab } from './in-one-tab';
import { alertPreferences } from './preferences';
import { tone } from './tone';
import { plainText } from '../ui/plain-text';
import { safeLink } from '../ui/safe-link';
import { isUnread, type Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useArrivals } from '../hooks/use-arrivals';

/**
 * Tells of arrivals by sound and, while the page is out of sight, by the operating system, as far
 * as the shopper has asked for it; in one tab, however many are open.
 */
export function useAlerts(onNavigate: ((href: string) => void) | undefined): void {
  const { inbox, words } = useInboxContext();
  const [desktop] = useState(() => new Desktop());

  const follow = (item: Notification) => {
    inbox.markRead(item);
    const link = safeLink(item.action_url);
    if (!link) return;
    if (link.isExternal) window.open(link.href, '_blank', 'noopener,noreferrer');
    else if (onNavigate) onNavigate(link.href);
    else window.location.assign(link.href);
  };
  useArrivals((items) => {
    const [newest] = items;
    if (!newest) return;
    const wanted = alertPreferences.get();
    // Of the tabs that may sound: one that has not been clicked yet must not take the turn.
    if (wanted.sound && tone.isReady) {
      inOneTab('sound', () => {
        tone.play(performance.now());
      });
    }
    inOneTab(newest.id, () => {
      if (!wanted.desktop || !document.hidden || desktopState() !== 'allowed') return;
      const title = plainText(newest.title) || words('item.untitled');
      const body =
        items.length === 1
          ? plainText(newest.body)
          : words('arrivals.summary', { count: items.length });
      desktop.show(newest, { title, body }, () => {
        follow(newest);
      });
    });
  });

  useEffect(() => {
    const allowSound = () => {
      if (alertPreferences.get().sound) void tone.enable();
    };
    const gestures = ['click', 'keydown'] as const;
    for (const gesture of gestures) document.addEventListener(gesture, allowSound);
    return () => {
      for (const gesture of gestures) document.removeEventListener(gesture, allowSound);
    };
  }, []);

  useEffect(() => {
    const unsubscribe = inbox.store.subscribe(() => {
      desktop.closeUnless((id) => {
        const item = inbox.store.find(id);
        return item !== undefined && isUnread(item);
      });
    });
    return () => {
      unsubscribe();
      desktop.closeAll();
    };
  }, [inbox, desktop]);
}
