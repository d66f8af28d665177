import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AudioStandIn } from '../../testing/audio';
import { backend } from '../../testing/fresh-backend';
import { idOf, notification } from '../../testing/notifications';
import { isOnline, renderInbox } from '../../testing/render';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { AlertSettings } from './AlertSettings';
import { NotificationAlerts } from './NotificationAlerts';
import { alertPreferences } from './preferences';
import { tone } from './tone';

/** Stands in for system notifications, which jsdom lacks. */
class SystemNotification {
  static permission: NotificationPermission = 'default';
  static answer: NotificationPermission = 'granted';
  static readonly shown: SystemNotification[] = [];
  onclick: (() => void) | null = null;
  onclose: (() => void) | null = null;
  readonly close = vi.fn(() => this.onclose?.());
  readonly title: string;
  readonly options: NotificationOptions;

  constructor(title: string, options: NotificationOptions) {
    this.title = title;
    this.options = options;
    SystemNotification.shown.push(this);
  }

  static requestPermission(): Promise<NotificationPermission> {
    SystemNotification.permission = SystemNotification.answer;
    return Promise.resolve(SystemNotification.answer);
  }
}

const user = userEvent.setup();

beforeEach(() => {
  SystemNotification.permission = 'default';
  SystemNotification.answer = 'granted';
  SystemNotification.shown.length = 0;
  vi.stubGlobal('Notification', SystemNotification);
  vi.stubGlobal('AudioContext', AudioStandIn);
  AudioStandIn.notes = 0;
  document.title = 'Tienda';
});

afterEach(() => {
  alertPreferences.set({ desktop: false, sound: false });
  vi.unstubAllGlobals();
});

async function open(locale = 'es') {
  const navigate = vi.fn();
  const rendered = renderInbox(
    backend,
    [
      <NotificationAlerts key="alerts" onNavigate={navigate} />,
      <AlertSettings key="settings" />,
      <ConnectionStatus key="state" />,
    ],
    locale,
  );
  await isOnline();
  await waitFor(() => {
    expect(backend.calls.length).toBeGreaterThanOrEqual(2);
  });
  return { ...rendered, navigate };
}

const hide = () => vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
const arrive = (...ns: number[]) => {
  act(() => {
    const image_url = 'https://img.example/a';
    backend.create(...ns.map((n) => notification(n, { action_url: '/orders/1', image_url })));
  });
};

it('shows no system notifications until the shopper switches them on', async () => {
  await open();
  const requestPermission = vi.spyOn(SystemNotification, 'requestPermission');
  hide();
  arrive(1);
  await waitFor(() => {
    expect(document.title).toBe('(1) Tienda');
  });
  expect(SystemNotification.shown).toEqual([]);
  expect(requestPermission).not.toHaveBeenCalled();
  await user.click(screen.getByRole('switch', { name: /navegador/ }));
  expect(screen.getByRole('switch', { name: /navegador/ })).toBeChecked();
  arrive(2);
  await waitFor(() => {
    expect(SystemNotification.shown).toHaveLength(1);
  });
  expect(SystemNotification.shown[0]).toMatchObject({
    title: 'Aviso 2',
    options: { tag: idOf(2) },
  });
});

it('opens the link of a clicked system notification, and closes those read or withdrawn elsewhere', async () => {
  const { navigate } = await open();
  await user.click(screen.getByRole('switch', { name: /navegador/ }));
  hide();
  arrive(1);
  await waitFor(() => {
    expect(SystemNotification.shown).toHaveLength(1);
  });
  vi.spyOn(window, 'focus').mockImplementation(() => undefined);
  act(() => SystemNotification.shown[0]?.onclick?.());
  expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  expect(SystemNotification.shown[0]?.options).toMatchObject({ icon: 'https://img.example/a' });
  arrive(2);
  await waitFor(() => {
    expect(SystemNotification.shown).toHaveLength(2);
  });
  backend.mark(idOf(2), { read: true });
  await waitFor(() => {
    expect(SystemNotification.shown[1]?.close).toHaveBeenCalledOnce();
  });
  arrive(3);
  await waitFor(() => {
    expect(SystemNotification.shown).toHaveLength(3);
  });
  expect(document.title).toBe('(1) Tienda');
  backend.withdraw(idOf(3));
  await waitFor(() => {
    expect(SystemNotification.shown[2]?.close).toHaveBeenCalledOnce();
  });
  expect(document.title).toBe('Tienda');
});

it('leaves a clicked system notification unread if the host has no such page', async () => {
  const { navigate } = await open();
  navigate.mockReturnValue(false);
  await user.click(screen.getByRole('switch', { name: /navegador/ }));
  hide();
  arrive(1);
  await waitFor(() => {
    expect(SystemNotification.shown).toHaveLength(1);
  });
  vi.spyOn(window, 'focus').mockImplementation(() => undefined);
  act(() => SystemNotification.shown[0]?.onclick?.());
  expect(navigate).toHaveBeenCalledOnce();
  expect(document.title).toBe('(1) Tienda'); // the notification is still unseen
});

it('shows no system notification while the page is visible', async () => {
  await open();
  await user.click(screen.getByRole('switch', { name: /navegador/ }));
  arrive(1);
  await waitFor(() => {
    expect(document.title).toBe('(1) Tienda');
  });
  expect(SystemNotification.shown).toEqual([]);
});

it('reports that the browser blocks system notifications', async () => {
  SystemNotification.answer = 'denied';
  await open();
  await user.click(screen.getByRole('switch', { name: /navegador/ }));
  expect(await screen.findByText(/bloqueadas/)).toBeVisible();
  expect(screen.getByRole('switch', { name: /navegador/ })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  expect(screen.getByRole('switch', { name: /navegador/ })).toHaveAccessibleDescription(/permisos/);
});

it('plays sounds only after the first click on the page', async () => {
  alertPreferences.set({ sound: true });
  await open();
  arrive(1);
  await waitFor(() => {
    expect(document.title).toBe('(1) Tienda');
  });
  expect(AudioStandIn.notes).toBe(0);
  await user.click(document.body);
  expect(tone.isReady).toBe(true);
  arrive(2, 3);
  await waitFor(() => {
    expect(AudioStandIn.notes).toBe(2);
  });
});

it.each(['es', 'en'])('has settings without axe violations, in %s', async (locale) => {
  SystemNotification.answer = 'denied';
  await open(locale);
  const [desktop] = await screen.findAllByRole('switch');
  if (desktop) await user.click(desktop);
  // Contrast needs a layout, which jsdom lacks.
  const rules = { 'color-contrast': { enabled: false } };
  const { violations } = await axe.run(screen.getByTestId('alert-settings'), { rules });
  expect(violations).toEqual([]);
});

it('stores the choice, and follows a choice made in another tab', async () => {
  await open();
  alertPreferences.set({ sound: true });
  expect(localStorage.getItem('notification-inbox-alerts')).toContain('"sound":true');
  localStorage.setItem('notification-inbox-alerts', '{"sound":false,"desktop":true}');
  act(() => {
    window.dispatchEvent(new StorageEvent('storage', { key: 'notification-inbox-alerts' }));
  });
  expect(alertPreferences.get()).toEqual({ desktop: true, sound: false });
});

it('puts the unseen count before the title, and restores the title when unmounted', async () => {
  backend.items = Array.from({ length: 30 }, (_, i) => notification(30 - i));
  const { unmount } = await open();
  await waitFor(() => {
    expect(document.title).toBe('(30) Tienda');
  });
  document.title = 'Pedido 1';
  await waitFor(() => {
    expect(document.title).toBe('(30) Pedido 1');
  });
  arrive(...Array.from({ length: 70 }, (_, i) => 31 + i));
  await waitFor(() => {
    expect(document.title).toBe('(99+) Pedido 1');
  });
  unmount();
  expect(document.title).toBe('Pedido 1');
});
