import { renderToString } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import {
  AlertSettings,
  ConnectionNotice,
  ConnectionStatus,
  NotificationAlerts,
  NotificationBell,
  NotificationInbox,
  NotificationProvider,
  NotificationToasts,
} from './index';

it('renders on a server: a bell without a count, and a list that loads', () => {
  const log = vi.spyOn(console, 'error');
  const html = renderToString(
    <NotificationProvider apiUrl="/" socketUrl="/" token="token" locale="es">
      <NotificationBell isOpen controls="inbox" onToggle={() => undefined} />
      <NotificationInbox id="inbox" />
      <NotificationToasts />
      <NotificationAlerts />
      <AlertSettings />
      <ConnectionStatus />
      <ConnectionNotice />
    </NotificationProvider>,
  );
  for (const part of ['bell', 'list-loading', 'alert-settings', 'connection-state'])
    expect(html).toContain(`data-testid="${part}"`);
  expect(html).not.toContain('data-testid="badge"');
  expect(log).not.toHaveBeenCalled();
});

it('gives the bell a name, also before the texts are loaded', () => {
  const html = renderToString(
    <NotificationProvider apiUrl="/" socketUrl="/" token="token" locale="en">
      <NotificationBell isOpen={false} controls="inbox" onToggle={() => undefined} />
    </NotificationProvider>,
  );
  expect(html).toContain('aria-label="Notifications"');
});
