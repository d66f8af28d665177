import { useAlerts } from './use-alerts';
import { useTitleBadge } from './use-title-badge';

interface NotificationAlertsProps {
  /** For a router: follows links within this site instead of the browser. */
  readonly onNavigate?: (href: string) => void;
}

/** What tells of arrivals outside the page: its title, and what the shopper has asked for. */
export function NotificationAlerts({ onNavigate }: NotificationAlertsProps) {
  useTitleBadge();
  useAlerts(onNavigate);
  return null;
}
