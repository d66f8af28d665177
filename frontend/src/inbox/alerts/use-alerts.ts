import { useEffect, useState } from 'react';
import { isUnread, type Notification } from '../domain/notification';
import { useInboxContext } from '../hooks/inbox-context';
import { useArrivals } from '../hooks/use-arrivals';
import { listen } from '../transport/listen';
import { plainText } from '../ui/plain-text';
import { safeImage, safeLink, type Navigate } from '../ui/safe-link';
import { inOneTab } from './in-one-tab';
import { alertPreferences } from './preferences';
import { SystemNotifications, systemPermission } from './system-notifications';
import { tone } from './tone';

/**
 * Play a sound for arrivals and, while the page is hidden, show system notifications, if the
 * shopper has switched them on. Only one of the open tabs does this.
 */
export function useAlerts(onNavigate: Navigate | undefined): void {
  const { inbox, words } = useInboxContext();
  const [shown] = useState(() => new SystemNotifications());

  const follow = (item: Notification) => {
    const link = safeLink(item.action_url);
    // If the host has no page for the link, the item stays unread, and its toast and the inbox
    // still show it.
    if (link && !link.isExternal && onNavigate?.(link.href) === false) return;
    inbox.markRead(item);
    if (link?.isExternal) window.open(link.href, '_blank', 'noopener,noreferrer');
    else if (link && !onNavigate) window.location.assign(link.href);
  };
  useArrivals((items) => {
    const [newest] = items;
    if (!newest) return;
    const wanted = alertPreferences.get();
    // Only a tab that may play sound competes for the lock. If a tab that had no click yet got the
    // lock, no tab would play.
    if (wanted.sound && tone.isReady) {
      inOneTab('sound', () => {
        tone.play(performance.now());
      });
    }
    inOneTab(newest.id, () => {
      if (!wanted.desktop || !document.hidden || systemPermission() !== 'allowed') return;
      const title = plainText(newest.title) || words('item.untitled');
      const body =
        items.length === 1
          ? plainText(newest.body)
          : words('arrivals.summary', { count: items.length });
      const icon = items.length === 1 && safeImage(newest.image_url);
      shown.show(newest, { title, body, ...(icon && { icon }) }, () => {
        follow(newest);
      });
    });
  });

  useEffect(() => {
    const allowSound = () => {
      if (alertPreferences.get().sound) void tone.enable();
    };
    return listen(document, { click: allowSound, keydown: allowSound });
  }, []);

  useEffect(() => {
    const unsubscribe = inbox.store.subscribe(() => {
      shown.closeUnless((id) => {
        const item = inbox.store.find(id);
        return item !== undefined && isUnread(item);
      });
    });
    return () => {
      unsubscribe();
      shown.closeAll();
    };
  }, [inbox, shown]);
}
