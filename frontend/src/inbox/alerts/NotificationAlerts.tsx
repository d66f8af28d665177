import type { Navigate } from '../ui/safe-link';
import { useAlerts } from './use-alerts';
import { useTitleBadge } from './use-title-badge';

export interface NotificationAlertsProps {
  /**
   * For a router: called for links within this site, instead of letting the browser follow them. If
   * there is no such page, return false: the notification then stays unread.
   */
  readonly onNavigate?: Navigate;
}

/**
 * Alerts outside the page: the badge in the page's title, and the alerts that the shopper has
 * switched on.
 */
export function NotificationAlerts({ onNavigate }: NotificationAlertsProps) {
  useTitleBadge();
  useAlerts(onNavigate);
  return null;
}
