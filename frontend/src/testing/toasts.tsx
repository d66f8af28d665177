import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, vi } from 'vitest';
import { NotificationToasts } from '../inbox';
import { ConnectionStatus } from '../inbox/connection/ConnectionStatus';
import type { Notification } from '../inbox/domain/notification';
import { backend } from './fresh-backend';
import { idOf, notification } from './notifications';
import { isOnline, renderInbox } from './render';

type Props = Parameters<typeof NotificationToasts>[0];

/** The ids of the toasts that are shown, from top to bottom. */
export const shown = () => screen.queryAllByTestId('toast').map(({ dataset }) => dataset.id);

/** Wait until the toasts of exactly these notifications are shown. */
export const shows = (...ns: number[]) =>
  expect.poll(shown, { timeout: 10_000 }).toEqual(ns.map(idOf));

/** Wait until the page says this about the arrivals that are not shown. */
export const more = (text: string | undefined) =>
  expect
    .poll(() => screen.queryByTestId('toasts-more')?.textContent, { timeout: 10_000 })
    .toBe(text);

/** Render a button and the toasts, and connect. Returns a function that changes their props. */
export async function open(props: Props = {}, locale = 'es') {
  const content = (changed: Props) => [
    <button key="before" type="button">
      Antes
    </button>,
    <NotificationToasts key="toasts" {...props} {...changed} />,
    <ConnectionStatus key="state" />,
  ];
  const { rerender } = renderInbox(backend, content({}), locale);
  await isOnline();
  await waitFor(() => {
    expect(backend.calls.length).toBeGreaterThanOrEqual(2);
  });
  return (changed: Props) => {
    rerender(content(changed));
  };
}

/** Fake only the functions that the toasts use for their timers. Call this before the arrival. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  // Arrivals are awaited outside `act`. Testing Library advances fake timers only if `jest` exists.
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false);
  vi.stubGlobal('jest', { advanceTimersByTime: (by: number) => vi.advanceTimersByTime(by) });
}

/** Undo `fakeTime`, and other stubs. Call this after each test. */
export function restoreTime(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
}

/** Let the faked time pass. */
export const wait = (milliseconds: number) => {
  act(() => {
    vi.advanceTimersByTime(milliseconds);
  });
};

/** Show or hide the page. While it is hidden, the toasts stay. */
export const setVisible = (isVisible: boolean) => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(!isVisible);
  fireEvent(document, new Event('visibilitychange'));
};

/** Let these notifications arrive in one event. */
export const create = (...items: Notification[]) => {
  act(() => {
    backend.create(...items);
  });
};

/** Let the notifications with these numbers arrive in one event. */
export const arrive = (...ns: number[]) => {
  create(...ns.map((n) => notification(n)));
};
