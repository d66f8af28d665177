// Another team's page. Its server renders it, and the browser hydrates it in StrictMode.
import {
  NotificationAlerts,
  NotificationBell,
  NotificationInbox,
  NotificationProvider,
  NotificationToasts,
  useNotifications,
} from 'notification-inbox';
import { StrictMode, useState } from 'react';

/** The test puts the addresses and the token into the URL. A server does not know them. */
const config =
  typeof location === 'undefined'
    ? { apiUrl: '/', socketUrl: '/', token: '' }
    : JSON.parse(decodeURIComponent(location.hash.slice(1)));

function Unread() {
  return <output data-testid="host-unread">{useNotifications().counts.unread}</output>;
}

export function App() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <StrictMode>
      <h1>Another shop</h1>
      <NotificationProvider
        apiUrl={config.apiUrl}
        socketUrl={config.socketUrl}
        getToken={() => Promise.resolve(config.token)}
        locale="es"
      >
        <NotificationBell isOpen={isOpen} controls="inbox" onToggle={() => setIsOpen(!isOpen)} />
        <Unread />
        <div>{isOpen && <NotificationInbox id="inbox" onClose={() => setIsOpen(false)} />}</div>
        <NotificationToasts isQuiet={isOpen} />
        <NotificationAlerts />
      </NotificationProvider>
    </StrictMode>
  );
}
