'use client';

import { NotificationToasts, useUnreadCount } from 'notification-inbox';
import { useRouter } from 'next/navigation';

export function Unread() {
  return <output data-testid="host-unread">{useUnreadCount()}</output>;
}

/** Functions, as `onNavigate`, are passed by client components only. */
export function Toasts() {
  const { push } = useRouter();
  return <NotificationToasts onNavigate={push} />;
}
