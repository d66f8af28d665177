import { act, cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { notification } from '../../testing/notifications';
import { renderInbox } from '../../testing/render';
import { words as es } from '../words/languages/es';
import { NotificationCenter } from './NotificationCenter';

const user = userEvent.setup();
const inbox = () => screen.queryByRole('dialog', { name: 'Notificaciones' });
const toggle = () => user.click(screen.getByTestId('bell'));

/** Pretend to be a phone or not. jsdom has no media queries. */
const onPhone = (matches: boolean) => {
  vi.stubGlobal('matchMedia', () => ({
    matches,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  }));
};

/**
 * Wait until the browser has gone back. It goes back in a later task, and then dispatches
 * `popstate`.
 */
const goneBack = () =>
  new Promise((resolve) => {
    window.addEventListener('popstate', resolve, { once: true, capture: true });
  });

beforeEach(() => {
  onPhone(false);
  backend.items = [notification(1, { action_url: '/orders/1' })];
  window.history.replaceState({ idx: 7 }, '', '/shop');
});

afterEach(() => {
  cleanup(); // unmount while `matchMedia` is still stubbed
  vi.unstubAllGlobals();
});

it('opens and closes with the bell, and closes on Escape, which returns the focus to the bell', async () => {
  const change = vi.fn();
  renderInbox(backend, <NotificationCenter onOpenChange={change} />);
  await toggle();
  expect(inbox()).toBeVisible();
  expect(screen.getByTestId('bell')).toHaveAttribute('aria-expanded', 'true');
  await toggle();
  expect(inbox()).toBeNull();
  await toggle();
  await user.keyboard('{Escape}');
  expect(inbox()).toBeNull();
  expect(screen.getByTestId('bell')).toHaveFocus();
  expect(change.mock.calls).toEqual([[true], [false], [true], [false]]);
});

it('marks nothing as seen that arrives while it fades out', async () => {
  backend.items = [];
  renderInbox(backend, <NotificationCenter />);
  await toggle();
  expect(await screen.findByText('No tienes notificaciones')).toBeVisible();
  const fading = { finished: new Promise(() => undefined) };
  Object.assign(inbox() ?? {}, { getAnimations: () => [fading] });
  await toggle();
  act(() => {
    backend.create(notification(2));
  });
  expect(await screen.findByTestId('notification')).toBeVisible();
  expect(screen.getByTestId('badge')).toHaveTextContent('1');
  await toggle();
  await waitFor(() => {
    expect(backend.items[0]?.seen_at).not.toBeNull();
  });
});

it('closes when the shopper clicks or tabs elsewhere, and leaves the focus there', async () => {
  renderInbox(backend, [<NotificationCenter key="center" />, <input key="field" />]);
  const field = screen.getByRole('textbox');
  await toggle();
  await user.click(field);
  expect(inbox()).toBeNull();
  expect(field).toHaveFocus();
  await toggle();
  act(() => {
    field.focus();
  });
  expect(inbox()).toBeNull();
  expect(field).toHaveFocus();
});

it('is open or closed as the host decides', () => {
  const { rerender } = renderInbox(backend, <NotificationCenter isOpen />);
  expect(inbox()).toBeVisible();
  rerender(<NotificationCenter isOpen={false} />);
  expect(inbox()).toBeNull();
});

it('closes when a link is followed through the router', async () => {
  const navigate = vi.fn();
  renderInbox(backend, <NotificationCenter onNavigate={navigate} />);
  await toggle();
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  expect(inbox()).toBeNull();
  expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
});

it('says that the host has no page for the link, and stays open', async () => {
  renderInbox(backend, <NotificationCenter onNavigate={() => false} />);
  await toggle();
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  expect(inbox()).toBeVisible();
  expect(screen.getByRole('alert')).toHaveTextContent(es['item.lost']);
});

/** Expect the sheet to be open, with its notification unread, until the shopper goes back. */
async function expectOpenUntilBack() {
  expect(inbox()).toBeVisible();
  expect(screen.getByTestId('notification')).toHaveAttribute('data-read', 'false');
  await waitFor(() => {
    expect(window.history.state).toHaveProperty('notificationInbox');
  });
  window.history.back();
  await waitFor(() => {
    expect(inbox()).toBeNull();
  });
}

it('as a sheet, says that the host has no page for the link, and stays open until Back closes it', async () => {
  onPhone(true);
  const navigate = vi.fn(() => {
    expect(window.history.state).toEqual({ idx: 7 });
    return false;
  });
  renderInbox(backend, <NotificationCenter onNavigate={navigate} />);
  await toggle();
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  expect(await screen.findByRole('alert')).toHaveTextContent(es['item.lost']);
  expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  await expectOpenUntilBack();
});

it('as a sheet, stays open when the host fails to follow the link, until Back closes it', async () => {
  onPhone(true);
  const report = vi.fn();
  vi.stubGlobal('reportError', report);
  const error = new Error('the router’s');
  const navigate = () => {
    throw error;
  };
  renderInbox(backend, <NotificationCenter onNavigate={navigate} />);
  await toggle();
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  await waitFor(() => {
    expect(report).toHaveBeenCalledExactlyOnceWith(error);
  });
  await expectOpenUntilBack();
});

it('as a popover, does not change the history', async () => {
  const { length } = window.history;
  renderInbox(backend, <NotificationCenter />);
  await toggle();
  await act(() => Promise.resolve());
  expect(window.history.length).toBe(length);
});

it('as a sheet, closes with the Back key without notifying the host’s router', async () => {
  onPhone(true);
  const router = vi.fn();
  window.addEventListener('popstate', router);
  renderInbox(backend, <NotificationCenter />);
  await toggle();
  await waitFor(() => {
    expect(window.history.state).toHaveProperty('notificationInbox');
  });
  expect(window.history.state).toHaveProperty('idx', 7);
  expect(inbox()).toBeVisible();
  window.history.back();
  await waitFor(() => {
    expect(inbox()).toBeNull();
  });
  expect(window.history.state).toEqual({ idx: 7 });
  expect(window.location.pathname).toBe('/shop');
  expect(router).not.toHaveBeenCalled();
  window.removeEventListener('popstate', router);
});

it('takes its entry out of the history when the sheet is closed in another way', async () => {
  onPhone(true);
  renderInbox(backend, <NotificationCenter />);
  const { length } = window.history;
  for (let times = 0; times < 2; times += 1) {
    await toggle();
    await waitFor(() => {
      expect(window.history.state).toHaveProperty('notificationInbox');
    });
    const back = goneBack();
    await user.keyboard('{Escape}');
    await back;
    expect(window.history.state).toEqual({ idx: 7 });
  }
  // The second history entry has replaced the first.
  expect(window.history.length).toBeLessThanOrEqual(length + 1);
});

it('goes back before the router follows a link from the sheet', async () => {
  onPhone(true);
  const navigate = vi.fn(() => {
    expect(window.history.state).toEqual({ idx: 7 });
  });
  renderInbox(backend, <NotificationCenter onNavigate={navigate} />);
  await toggle();
  await waitFor(() => {
    expect(window.history.state).toHaveProperty('notificationInbox');
  });
  await user.click(await screen.findByRole('link', { name: 'Aviso 1' }));
  await waitFor(() => {
    expect(navigate).toHaveBeenCalledExactlyOnceWith('/orders/1');
  });
  await waitFor(() => {
    expect(backend.items[0]?.read_at).not.toBeNull();
  });
});

it('leaves its entry in the history if the host has navigated in the meantime', async () => {
  onPhone(true);
  renderInbox(backend, <NotificationCenter />);
  await toggle();
  await waitFor(() => {
    expect(window.history.state).toHaveProperty('notificationInbox');
  });
  window.history.pushState({ idx: 8 }, '', '/other');
  await user.keyboard('{Escape}');
  expect(inbox()).toBeNull();
  expect(window.history.state).toEqual({ idx: 8 });
  expect(window.location.pathname).toBe('/other');
});

it('passes `renderItem` and `slots` to the inbox', async () => {
  const slots = { header: 'Mis avisos' };
  const renderItem = ({ title }: { title: string }) => <b>mío: {title}</b>;
  renderInbox(backend, <NotificationCenter isOpen {...{ renderItem, slots }} />);
  expect(await screen.findByText('mío: Aviso 1')).toBeVisible();
  expect(screen.getByRole('heading', { name: 'Mis avisos' })).toBeVisible();
});
