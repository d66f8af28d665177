import { afterEach, beforeEach, expect, it } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { until } from '../../testing/inbox';
import { Locks } from '../../testing/locks';
import { notification } from '../../testing/notifications';
import { PushStandIn } from '../../testing/push';
import { alertPreferences } from '../alerts/preferences';
import { Inbox } from '../inbox';

const inboxes: Inbox[] = [];

/** Open an inbox of the shopper, as a new tab does. */
async function open(shopper = 'ana'): Promise<Inbox> {
  const token = `h.${btoa(JSON.stringify({ sub: shopper }))}.s`;
  const inbox = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token });
  inboxes.push(inbox);
  inbox.start();
  await until(() => {
    expect(inbox.store.getSnapshot()).toMatchObject({ list: 'ready', connection: 'online' });
  });
  return inbox;
}

const isUnsent = (inbox: Inbox, count: number) =>
  until(() => {
    expect(inbox.store.getSnapshot().unsent).toBe(count);
  });

beforeEach(() => {
  Object.defineProperty(navigator, 'locks', { value: new Locks(), configurable: true });
  backend.items = [notification(2), notification(1)];
  alertPreferences.set({ sound: true });
});

afterEach(() => {
  for (const inbox of inboxes.splice(0)) inbox.stop();
  Reflect.deleteProperty(navigator, 'locks');
  localStorage.clear();
});

it('sends what is unsent, and leaves nothing in storage', async () => {
  const inbox = await open();
  inbox.archive(notification(1));
  inbox.markRead(notification(2));
  expect(await inbox.signOut()).toEqual({ lost: 0 });
  expect(backend.items[1]?.archived_at).not.toBeNull();
  expect(backend.items[0]?.read_at).not.toBeNull();
  expect(localStorage).toHaveLength(0);
  expect(alertPreferences.get()).toEqual({ desktop: false, sound: false });
  expect(inbox.store.getSnapshot().items).toEqual([]);
});

it('says how many actions are lost if the server cannot be reached in time', async () => {
  const other = await open();
  const inbox = await open();
  const ben = await open('ben');
  backend.drop = true;
  other.archive(notification(1));
  inbox.markRead(notification(2));
  ben.markRead(notification(1));
  for (const each of inboxes) await isUnsent(each, 1);
  expect(await inbox.signOut({ timeout: 50 })).toEqual({ lost: 2 });
  const keys = Object.keys(localStorage);
  expect(keys).toHaveLength(1); // the action of another shopper
  expect(keys[0]).toContain('/ben/');
  // The tab that is still open shows what the server has.
  await until(() => {
    expect(other.store.getSnapshot().counts.unread).toBe(2);
  });
});

it('sends actions at once and leaves nothing behind without Web Locks and channels', async () => {
  Reflect.deleteProperty(navigator, 'locks');
  const Channel = globalThis.BroadcastChannel;
  Reflect.deleteProperty(globalThis, 'BroadcastChannel');
  try {
    const inbox = await open();
    inbox.archive(notification(1));
    await until(() => {
      expect(backend.items[1]?.archived_at).not.toBeNull();
    });
    backend.drop = true;
    inbox.markRead(notification(2));
    await isUnsent(inbox, 1);
    backend.drop = false;
    expect(await inbox.signOut()).toEqual({ lost: 0 });
    expect(backend.items[0]?.read_at).not.toBeNull();
    expect(localStorage).toHaveLength(0);
  } finally {
    globalThis.BroadcastChannel = Channel;
  }
});

it('waits for the first token, and sends what an earlier visit has left', async () => {
  const earlier = await open();
  backend.drop = true;
  earlier.markRead(notification(2));
  await isUnsent(earlier, 1);
  earlier.stop();
  backend.drop = false;
  let resolve: (token: string) => void = () => undefined;
  const promise = new Promise<string>((given) => (resolve = given));
  const inbox = new Inbox({
    apiUrl: backend.url,
    socketUrl: backend.url,
    getToken: () => promise,
  });
  inboxes.push(inbox);
  inbox.start();
  const signedOut = inbox.signOut();
  resolve(`h.${btoa(JSON.stringify({ sub: 'ana' }))}.s`);
  expect(await signedOut).toEqual({ lost: 0 });
  expect(backend.items[0]?.read_at).not.toBeNull();
  expect(localStorage).toHaveLength(0);
});

it('waits for a token no longer than `timeout`', async () => {
  const never = new Promise<string>(() => undefined);
  const source = { getToken: () => never };
  const inbox = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, ...source });
  inbox.start();
  expect(await inbox.signOut({ timeout: 50 })).toEqual({ lost: 0 });
  expect(localStorage).toHaveLength(0);
});

it('signs out in a sandbox, which forbids locks and service workers', async () => {
  const forbid = () => Promise.reject(new DOMException('sandboxed', 'SecurityError'));
  Object.defineProperty(navigator, 'locks', { value: { request: forbid }, configurable: true });
  Object.defineProperty(navigator, 'serviceWorker', {
    value: { getRegistration: forbid },
    configurable: true,
  });
  try {
    const inbox = await open();
    expect(await inbox.signOut()).toEqual({ lost: 0 });
    expect(localStorage).toHaveLength(0);
    expect(inbox.store.getSnapshot().items).toEqual([]);
  } finally {
    Reflect.deleteProperty(navigator, 'serviceWorker');
  }
});

it('ends in time although the browser never unsubscribes', async () => {
  const push = new PushStandIn();
  const inbox = await open();
  await inbox.push.turnOn();
  Object.assign(push.subscription ?? {}, { unsubscribe: () => new Promise(() => undefined) });
  expect(await inbox.signOut({ timeout: 50 })).toEqual({ lost: 0 });
  expect(localStorage).toHaveLength(0);
  push.end();
});

it('keeps the settings of a shopper who signs in meanwhile', async () => {
  const inbox = await open();
  const signedOut = inbox.signOut();
  expect(alertPreferences.get().sound).toBe(false);
  alertPreferences.set({ sound: true });
  await signedOut;
  expect(alertPreferences.get().sound).toBe(true);
});

it('sends what is unsent, and forgets it, although the page removes the inbox meanwhile', async () => {
  const inbox = await open();
  backend.drop = true;
  inbox.archive(notification(1));
  await isUnsent(inbox, 1);
  backend.drop = false;
  const signedOut = inbox.signOut();
  inbox.stop();
  expect(await signedOut).toEqual({ lost: 0 });
  expect(backend.items[1]?.archived_at).not.toBeNull();
  expect(localStorage).toHaveLength(0);
  expect(inbox.store.getSnapshot().items).toEqual([]);
});

it('signs out once if it is asked twice', async () => {
  const inbox = await open();
  inbox.archive(notification(1));
  const both = [inbox.signOut({ timeout: 60_000 }), inbox.signOut({ timeout: 60_000 })];
  expect(await Promise.all(both)).toEqual([{ lost: 0 }, { lost: 0 }]);
});

it('leaves nothing that the service worker has shown or remembered', async () => {
  const push = new PushStandIn();
  push.caches.add('notification-inbox').add('of the host');
  push.show(['/orders/1']);
  push.show('of the host');
  const inbox = await open();
  await inbox.signOut();
  expect([...push.caches]).toEqual(['of the host']);
  expect([...push.shown]).toMatchObject([{ data: 'of the host' }]);
  push.end();
});
