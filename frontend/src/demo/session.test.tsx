import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { notification } from '../testing/notifications';
import { backend, open, shop, signIn, speak } from '../testing/demo';

const ANA = JSON.stringify({ user_id: 'ana', name: 'Ana García' });

/** Simulate the event by which this tab learns what another tab has stored. */
const inAnotherTab = (change: () => void) => {
  act(() => {
    change();
    window.dispatchEvent(new StorageEvent('storage', { key: 'shopper' }));
  });
};

it('opens a second tab without asking to sign in again', async () => {
  localStorage.setItem('shopper', ANA);
  open();
  expect(await screen.findByRole('heading', { name: 'Hola, Ana' })).toBeVisible();
});

it('signs in and out in all tabs when one does', async () => {
  open();
  expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
  inAnotherTab(() => {
    localStorage.setItem('shopper', ANA);
  });
  expect(await screen.findByRole('heading', { name: 'Hola, Ana' })).toBeVisible();
  inAnotherTab(() => {
    localStorage.clear();
  });
  expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(0);
  });
});

it.each(['null', '[]', '{"user_id":1,"name":2}', 'x'])(
  'asks to sign in if %s is stored',
  async (stored) => {
    localStorage.setItem('shopper', stored);
    open();
    expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
  },
);

it('renews an expired token silently', async () => {
  open();
  await signIn();
  backend.refuse = (token) => (token === 'token-ana' ? 'the token has expired' : undefined);
  shop.token = 'token-of-today';
  backend.cut();
  await waitFor(() => {
    expect(backend.connects.at(-1)).toBe('token-of-today');
    expect(screen.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
  });
});

it('leaves nothing of the shopper behind, and says what is lost', async () => {
  backend.items = [notification(1, { title: 'Aviso' })];
  backend.intercept = ({ method }) => (method === 'PATCH' ? { status: 503, body: {} } : undefined);
  window.history.replaceState(null, '', '/orders/1234');
  open();
  await signIn();
  await userEvent.click(screen.getByTestId('bell'));
  await userEvent.click(await screen.findByTestId('mark-read'));
  await userEvent.click(screen.getByTestId('sign-out'));
  expect(await screen.findByText(/1 cambio no se ha guardado/)).toBeVisible();
  expect(Object.keys(localStorage)).toEqual([]);
  expect(window.location.pathname).toBe('/');
});

const refuse = () => {
  throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
};

const FORBIDDEN: PropertyDescriptor = {
  get: () => {
    throw new DOMException('Access is denied for this document.', 'SecurityError');
  },
};

const BROKEN: Record<string, () => void> = {
  forbidden: () => Object.defineProperty(window, 'localStorage', FORBIDDEN),
  missing: () => Object.defineProperty(window, 'localStorage', { value: undefined }),
  null: () => Object.defineProperty(window, 'localStorage', { value: null }),
  full: () => vi.spyOn(Storage.prototype, 'setItem').mockImplementation(refuse),
};

it.each(Object.keys(BROKEN))('works with storage that is %s', async (kind) => {
  const working = Object.getOwnPropertyDescriptor(window, 'localStorage') ?? {};
  BROKEN[kind]?.();
  try {
    open();
    await signIn();
    await userEvent.click(screen.getByTestId('language-switch'));
    expect(screen.getByRole('heading', { name: 'Hello, Ana' })).toBeVisible();
    await userEvent.click(screen.getByTestId('theme-switch'));
    expect(document.documentElement).toHaveAttribute('data-theme', 'dark');
    await userEvent.click(screen.getByTestId('sign-out'));
    expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
  } finally {
    Object.defineProperty(window, 'localStorage', { ...working, configurable: true });
    vi.restoreAllMocks();
  }
  // The browser accepts values again. The next change of each setting must be stored.
  await userEvent.click(screen.getByTestId('language-switch'));
  await userEvent.click(screen.getByTestId('theme-switch'));
  expect(Object.keys(localStorage).sort()).toEqual(['language', 'theme']);
});

it.each([
  [['fr-FR', 'en-GB', 'es'], 'en'],
  [['en-US@posix'], 'en'],
  [['es-419', 'en'], 'es'],
  [['fr'], 'es'],
  [[], 'es'],
])('speaks the first of the shopper’s languages that it has: %j', async (languages, tag) => {
  speak(...languages);
  open();
  expect(await screen.findByTestId('sign-in-ana')).toBeVisible();
  expect(document.documentElement).toHaveAttribute('lang', tag);
});
