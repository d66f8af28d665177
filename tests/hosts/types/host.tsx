// The page of another team, as in README.md. It is compiled against the installed package.
import {
  NotificationAlerts,
  NotificationBell,
  NotificationInbox,
  NotificationProvider,
  NotificationToasts,
  useNotifications,
} from 'notification-inbox';
import 'notification-inbox/style.css';
import { Inbox, type InboxSnapshot } from 'notification-inbox/core';
import { NotificationInboxElement } from 'notification-inbox/element';
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

/** In a page of Vue or Angular, or without a framework. */
export function webComponent(getToken: () => Promise<string>): NotificationInboxElement {
  return Object.assign(document.createElement('notification-inbox'), { getToken, theme: 'dark' });
}

/** Before the page removes the element. */
export const leave = async (element: NotificationInboxElement): Promise<number> =>
  (await element.signOut({ timeout: 1_000 })).lost;

// @ts-expect-error `token` or `getToken`, not both
new Inbox({ apiUrl: '/', socketUrl: '/', token: '', getToken: () => Promise.resolve('') });
