import { expect, it } from 'vitest';
import { backend, downFrom, ids, inbox, listCalls, now, settled, until } from '../testing/inbox';
import { Locks } from '../testing/locks';
import { idOf, notification } from '../testing/notifications';
import { Inbox } from './inbox';

it('marks as read at once, and then shows the server’s answer', async () => {
  backend.items = [notification(2), notification(1)];
  inbox.start();
  await settled();
  inbox.markRead(notification(2));
  expect(now().counts.unread).toBe(1);
  await until(() => {
    expect(now().items[0]).toEqual(backend.items[0]);
  });
  const [call] = backend.calls.filter(({ method }) => method === 'PATCH');
  expect(call).toMatchObject({ body: { read: true } });
});

it('takes the mark back and reports a problem when the server refuses', async () => {
  backend.items = [notification(1)];
  inbox.start();
  await settled();
  backend.intercept = () => ({ status: 403, body: { detail: 'not yours' } });
  inbox.markRead(notification(1));
  expect(now().counts.unread).toBe(0);
  await until(() => {
    expect(now().problem).toEqual({ during: 'read', kind: 'rejected', detail: 'not yours' });
  });
  expect(now().counts.unread).toBe(1);
  inbox.dismissProblem();
  expect(now().problem).toBeNull();
});

it('sends actions in order when the server can be reached again', async () => {
  backend.items = [notification(2), notification(1)];
  inbox.start();
  await settled();
  backend.drop = true;
  inbox.markRead(notification(2));
  inbox.archive(notification(1));
  inbox.markUnread(notification(2, { read_at: 'then' }));
  await until(() => {
    expect(now().unsent).toBe(3);
  });
  expect(ids()).toEqual([idOf(2)]);
  expect(now().problem).toBeNull();
  backend.drop = false;
  backend.calls.length = 0;
  inbox.retry();
  await until(() => {
    expect(now().unsent).toBe(0);
  });
  const patches = backend.calls.filter(({ method }) => method === 'PATCH');
  expect(patches.map(({ body }) => body)).toEqual([
    { read: true },
    { archived: true },
    { read: false },
  ]);
  await until(() => {
    expect(now().items).toEqual([backend.items[0]]);
  });
});

it('marks all as read up to the newest item held, including items that are not loaded', async () => {
  backend.items = downFrom(50, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  expect(now().counts.unread).toBe(50);
  inbox.markAllRead();
  expect(now().counts.unread).toBe(0);
  await until(() => {
    expect(backend.items.filter(({ read_at }) => read_at === null)).toEqual([]);
  });
  expect(now().counts).toEqual({ unread: 0, unseen: 0 });
  const [call] = backend.calls.filter(({ method }) => method === 'POST');
  expect(call).toMatchObject({ body: { up_to: idOf(50) } });
});

it('marks all as seen in one call, and only if something is unseen', async () => {
  backend.items = downFrom(50, 1).map((n) => notification(n));
  inbox.start();
  await settled();
  inbox.markAllSeen();
  expect(now().counts).toEqual({ unread: 50, unseen: 0 });
  await until(() => {
    expect(backend.items.filter(({ seen_at }) => seen_at === null)).toEqual([]);
  });
  inbox.markAllSeen();
  expect(backend.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

it('sends stored actions when it is started again for the same shopper', async () => {
  Object.defineProperty(navigator, 'locks', { value: new Locks(), configurable: true });
  try {
    const token = `h.${btoa('{"sub":"ana"}')}.s`;
    const ana = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token });
    backend.items = [notification(1)];
    ana.start();
    await until(() => {
      expect(ana.store.getSnapshot().items).toHaveLength(1);
    });
    backend.drop = true;
    ana.archive(notification(1));
    await until(() => {
      expect(ana.store.getSnapshot().unsent).toBe(1);
    });
    ana.stop();
    expect(localStorage).toHaveLength(1);
    backend.drop = false;
    ana.start();
    await until(() => {
      expect(backend.items[0]?.archived_at).not.toBeNull();
    });
    ana.stop();
  } finally {
    Reflect.deleteProperty(navigator, 'locks');
    localStorage.clear();
  }
});

it('sends no actions on erased notifications', async () => {
  backend.items = [notification(1)];
  inbox.start();
  await settled();
  backend.drop = true;
  inbox.archive(notification(1));
  await until(() => {
    expect(now().unsent).toBe(1);
  });
  backend.sendInboxEvent({ unread_count: 0, unseen_count: 0, changed: [], erased: true });
  await until(() => {
    expect(inbox.store.state.generation).toBe(1);
  });
  inbox.retry();
  await until(() => {
    expect(now().unsent).toBe(0); // so no earlier attempt is under way
  });
  backend.drop = false;
  backend.items = [];
  backend.calls.length = 0;
  inbox.retry();
  await until(() => {
    expect(listCalls()).toBeGreaterThanOrEqual(1);
    expect(now().problem).toBeNull();
  });
  expect(backend.calls.map(({ method }) => method)).not.toContain('PATCH');
});

it('keeps the actions that follow an erasure when the event of the erasure is repeated', async () => {
  inbox.start();
  await settled();
  const at = '2026-01-02T00:00:00.000Z';
  const erasure = { at, unread_count: 0, unseen_count: 0, changed: [], erased: true };
  backend.sendInboxEvent(erasure);
  await until(() => {
    expect(inbox.store.state.generation).toBe(1);
  });
  backend.create(notification(2), notification(1));
  await until(() => {
    expect(ids()).toEqual([idOf(2), idOf(1)]);
  });
  backend.drop = true;
  inbox.archive(notification(1));
  await until(() => {
    expect(now().unsent).toBe(1);
  });
  backend.sendInboxEvent(erasure);
  backend.push(notification(3)); // arrives after the event
  await until(() => {
    expect(ids()[0]).toBe(idOf(3));
  });
  expect(ids()).toEqual([idOf(3), idOf(2)]);
  backend.drop = false;
  inbox.retry();
  await until(() => {
    expect(backend.items.find(({ id }) => id === idOf(1))?.archived_at).not.toBeNull();
  });
});
