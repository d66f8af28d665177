// The page of another team, as in README.md. It is compiled against the built library.
import {
  NotificationAlerts,
  NotificationBell,
  NotificationInbox,
  NotificationProvider,
  NotificationToasts,
  useNotifications,
} from 'notification-inbox';
import { Inbox, type InboxSnapshot } from 'notification-inbox/core';
import { useState } from 'react';

export function Header({ token }: { readonly token: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <NotificationProvider
      apiUrl="http://localhost:8000"
      socketUrl="http://localhost:8101"
      token={token}
      locale="es"
    >
      <NotificationBell isOpen={isOpen} onToggle={() => setIsOpen(!isOpen)} controls="inbox" />
      {isOpen && <NotificationInbox id="inbox" onClose={() => setIsOpen(false)} />}
      <NotificationToasts isQuiet={isOpen} onOpen={() => setIsOpen(true)} />
      <NotificationAlerts />
      <Unread />
    </NotificationProvider>
  );
}

function Unread() {
  const { counts, markAllRead } = useNotifications();
  return <button onClick={markAllRead}>{counts.unread}</button>;
}

/** Without React. */
export function watch(getToken: () => Promise<string>): InboxSnapshot {
  const inbox = new Inbox({ apiUrl: '/', socketUrl: '/', getToken });
  inbox.start();
  return inbox.store.getSnapshot();
}

// @ts-expect-error `token` or `getToken`, not both
new Inbox({ apiUrl: '/', socketUrl: '/', token: '', getToken: () => Promise.resolve('') });
