import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { until } from '../../testing/inbox';
import { notification } from '../../testing/notifications';
import { alertPreferences } from '../alerts/preferences';
import { words as es } from '../words/languages/es';
import { NotificationInboxElement } from './index';

const tokenOf = (sub: string) => `h.${btoa(JSON.stringify({ sub }))}.s`;
let element: NotificationInboxElement;

/** Put the element with these props into the page, and wait until it reports its counts. */
async function show(props: Partial<NotificationInboxElement>): Promise<void> {
  const counted = new Promise((resolve) => {
    element.addEventListener('notification-inbox:count', resolve, { once: true });
  });
  Object.assign(element, { apiUrl: backend.url, socketUrl: backend.url, ...props });
  document.body.append(element);
  await counted;
}

const bell = () => element.shadowRoot?.querySelector('[data-testid="bell"]') ?? null;

beforeEach(() => {
  // jsdom lacks constructed style sheets.
  vi.stubGlobal(
    'CSSStyleSheet',
    class {
      replaceSync = () => undefined;
    },
  );
  vi.stubGlobal('matchMedia', () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  Object.assign(document, { adoptedStyleSheets: [] });
  backend.items = [notification(1)];
  element = document.createElement('notification-inbox');
});

afterEach(async () => {
  element.remove();
  await until(() => {
    expect(bell()).toBeNull();
  });
  vi.unstubAllGlobals();
});

it('signs out, and starts again when the same shopper signs in', async () => {
  await show({ token: tokenOf('ana') });
  alertPreferences.set({ sound: true });
  expect(await element.signOut()).toEqual({ lost: 0 });
  expect(localStorage).toHaveLength(0);
  expect(element.token).toBeNull();
  await until(() => {
    expect(bell()).toBeNull();
  });
  await show({ token: tokenOf('ana') });
  expect(bell()).not.toBeNull();
});

it('keeps the token of a shopper who signs in while the former one signs out', async () => {
  await show({ getToken: () => Promise.resolve(tokenOf('ana')) });
  const signedOut = element.signOut();
  element.token = tokenOf('ben');
  await signedOut;
  expect(element.getToken).toBeUndefined();
  expect(element.token).toBe(tokenOf('ben'));
});

it('forgets the settings of the last shopper if it signs out before it has a token', async () => {
  alertPreferences.set({ sound: true });
  expect(await element.signOut()).toEqual({ lost: 0 });
  expect(localStorage).toHaveLength(0);
});

it('says that a link leads nowhere if the page says so', async () => {
  backend.items = [notification(1, { action_url: '/orders/gone' })];
  await show({ token: tokenOf('ana'), locale: 'es' });
  const inShadow = (selector: string) => element.shadowRoot?.querySelector<HTMLElement>(selector);
  const hrefs: string[] = [];
  element.addEventListener('notification-inbox:navigate', (event) => {
    hrefs.push(event.detail.href);
    event.detail.leadsNowhere();
  });
  inShadow('[data-testid="bell"]')?.click();
  await until(() => {
    expect(inShadow('[data-testid="notification"] a')).toBeTruthy();
  });
  inShadow('[data-testid="notification"] a')?.click();
  await until(() => {
    expect(inShadow('[role="alert"]')?.textContent).toContain(es['item.lost']);
  });
  expect(hrefs).toEqual(['/orders/gone']);
  expect(backend.items[0]?.read_at).toBeNull();
});

it('reads the path of Socket.IO from its attribute, and reports an invalid one', async () => {
  const reported = new Promise((resolve) => {
    element.addEventListener('notification-inbox:error', ({ detail }: CustomEventInit) => {
      resolve(detail);
    });
  });
  element.setAttribute('socket-path', 'elsewhere');
  Object.assign(element, { apiUrl: backend.url, socketUrl: backend.url, token: 'token' });
  document.body.append(element);
  expect(await reported).toMatchObject({
    error: { message: expect.stringMatching('`socketPath`') as string },
  });
});
