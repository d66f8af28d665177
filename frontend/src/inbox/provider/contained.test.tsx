import { fireEvent, render, screen } from '@testing-library/react';
import { createRef } from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { notification } from '../../testing/notifications';
import {
  ConnectionStatus,
  NotificationBell,
  NotificationInbox,
  NotificationProvider,
} from '../index';
import { words } from '../words/languages/es';

const onError = vi.fn();

const page = () => (
  <NotificationProvider
    apiUrl={backend.url}
    socketUrl={backend.url}
    token="token"
    locale="es"
    onError={onError}
  >
    <h1>the shop</h1>
    <NotificationBell isOpen controls="inbox" onToggle={() => undefined} />
    <NotificationInbox id="inbox" />
    <ConnectionStatus />
  </NotificationProvider>
);

beforeEach(() => {
  onError.mockReset();
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // React logs the error
});

it('the page and the other parts survive when a part breaks, and a retry brings it back', async () => {
  const broken = vi.spyOn(Intl, 'RelativeTimeFormat').mockImplementation(function () {
    throw new Error('broken');
  });
  backend.items = [notification(1, { created_at: new Date().toISOString() })];
  render(page());
  const retry = await screen.findByRole('button', { name: words.retry });
  expect(screen.getByText(words['inbox.broken'])).toBeVisible();
  expect(screen.getByText('the shop')).toBeVisible();
  expect(screen.getByTestId('bell')).toBeVisible();
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'broken' }));
  broken.mockRestore();
  fireEvent.click(retry);
  expect(await screen.findByText('Aviso 1')).toBeVisible();
});

it('the page survives when a part breaks and `onError` throws', async () => {
  const report = vi.fn();
  vi.stubGlobal('reportError', report);
  const error = new Error('the host’s');
  onError.mockImplementation(() => {
    throw error;
  });
  const broken = vi.spyOn(Intl, 'RelativeTimeFormat').mockImplementation(function () {
    throw new Error('broken');
  });
  backend.items = [notification(1, { created_at: new Date().toISOString() })];
  render(page());
  expect(await screen.findByText(words['inbox.broken'])).toBeVisible();
  expect(screen.getByText('the shop')).toBeVisible();
  expect(report).toHaveBeenCalledWith(error);
  broken.mockRestore();
  vi.unstubAllGlobals();
});

it('a part without a provider does not break the page', () => {
  const button = createRef<HTMLButtonElement>();
  render(
    <>
      <h1>the shop</h1>
      <ConnectionStatus />
      <NotificationBell ref={button} isOpen controls="inbox" onToggle={() => undefined} />
    </>,
  );
  expect(screen.getByText('the shop')).toBeVisible();
  expect(screen.queryByTestId('bell')).toBeNull();
});

it('gives the bell’s button to a `ref`', () => {
  const button = createRef<HTMLButtonElement>();
  render(
    <NotificationProvider apiUrl={backend.url} socketUrl={backend.url} token="token">
      <NotificationBell ref={button} isOpen controls="inbox" onToggle={() => undefined} />
    </NotificationProvider>,
  );
  expect(button.current).toBe(screen.getByTestId('bell'));
});
