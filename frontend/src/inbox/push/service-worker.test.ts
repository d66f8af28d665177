import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Locks } from '../../testing/locks';

const show = vi.fn(() => Promise.resolve());
const openWindow = vi.fn(() => Promise.resolve());
const focus = vi.fn(() => Promise.resolve());
let windows: { url: string; focus: () => Promise<void> }[] = [];
const stored = new Map<string, Response>();
const cache = {
  match: vi.fn((entry: string) => Promise.resolve(stored.get(entry))),
  put: vi.fn((entry: string, answer: Response) => Promise.resolve(stored.set(entry, answer))),
  keys: () => Promise.resolve([...stored.keys()]),
  delete: (entry: string) => Promise.resolve(stored.delete(entry)),
};

const MESSAGE = { id: '1', tag: 'order 1', title: 'Pedido', body: 'En camino', action_url: '/a' };

/** Dispatch the event, and wait until the service worker has handled it. */
async function dispatch(type: string, fields: object): Promise<void> {
  const work: Promise<unknown>[] = [];
  const waitUntil = (each: Promise<unknown>) => work.push(each);
  window.dispatchEvent(Object.assign(new Event(type), { waitUntil, ...fields }));
  await Promise.all(work);
}

const push = (message: object | null) =>
  dispatch('push', { data: message && { json: () => message } });
const click = (data: unknown, action = '') =>
  dispatch('notificationclick', { notification: { data, close: vi.fn() }, action });

beforeAll(async () => {
  const scope = { registration: { scope: 'https://shop.example/', showNotification: show } };
  Object.assign(window, scope, {
    clients: { matchAll: () => Promise.resolve(windows), openWindow },
    caches: { open: () => Promise.resolve(cache) },
  });
  Object.defineProperty(navigator, 'locks', { value: new Locks(), configurable: true });
  await import('./service-worker');
});

afterAll(() => {
  Reflect.deleteProperty(navigator, 'locks');
});

beforeEach(() => {
  vi.clearAllMocks();
  windows = [];
  stored.clear();
});

it('shows a message under its tag, with its actions', async () => {
  await push({ ...MESSAGE, image_url: '/i.png', actions: [{ label: 'Ver', url: '/b' }] });
  expect(show).toHaveBeenCalledExactlyOnceWith('Pedido', {
    body: 'En camino',
    tag: 'order 1',
    renotify: true,
    data: ['/a', '/b'],
    actions: [{ action: '1', title: 'Ver' }],
    image: '/i.png',
  });
});

it('shows a repeat only once, and remembers the last 50 notifications', async () => {
  await push(MESSAGE);
  await push(MESSAGE);
  expect(show).toHaveBeenCalledOnce();
  for (let id = 2; id < 60; id += 1) await push({ ...MESSAGE, id: String(id) });
  expect(show).toHaveBeenCalledTimes(59);
  expect(stored.size).toBe(50);
  await push({ ...MESSAGE, id: '10' });
  expect(show).toHaveBeenCalledTimes(59);
});

it('shows the repeat of a message that could not be shown', async () => {
  show.mockRejectedValueOnce(new Error('busy'));
  await expect(push(MESSAGE)).rejects.toThrow('busy');
  await push(MESSAGE);
  expect(show).toHaveBeenCalledTimes(2);
});

it('shows a message only once if its repeat arrives at the same time', async () => {
  await Promise.all([push(MESSAGE), push(MESSAGE)]);
  expect(show).toHaveBeenCalledOnce();
});

it('shows a repeat that arrives at the same time if the first could not be shown', async () => {
  show.mockRejectedValueOnce(new Error('busy'));
  const outcomes = await Promise.allSettled([push(MESSAGE), push(MESSAGE)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(show).toHaveBeenCalledTimes(2);
});

it('remembers all messages that arrive together', async () => {
  await Promise.all([push(MESSAGE), push({ ...MESSAGE, id: '2' })]);
  await push(MESSAGE);
  await push({ ...MESSAGE, id: '2' });
  expect(show).toHaveBeenCalledTimes(2);
});

it('shows messages while the storage fails, and still remembers the earlier ones afterwards', async () => {
  await push({ ...MESSAGE, id: '0' });
  show.mockClear();
  cache.match.mockRejectedValueOnce(new Error('no storage'));
  await push(MESSAGE);
  cache.put.mockRejectedValueOnce(new Error('no storage'));
  await expect(push({ ...MESSAGE, id: '2' })).rejects.toThrow('no storage');
  await push({ ...MESSAGE, id: '3' });
  expect(show).toHaveBeenCalledTimes(3);
  await push({ ...MESSAGE, id: '0' });
  expect(show).toHaveBeenCalledTimes(3);
});

it('shows a message while the storage does not answer about another one', async () => {
  cache.match.mockReturnValueOnce(new Promise(() => undefined));
  void push(MESSAGE);
  await push({ ...MESSAGE, id: '2' });
  expect(show).toHaveBeenCalledOnce();
});

it.each([null, {}, { id: '1' }])('shows nothing for %j', async (message) => {
  await push(message);
  expect(show).not.toHaveBeenCalled();
});

it.each([
  [['/orders/1'], '', 'https://shop.example/orders/1'],
  [['/orders/1', '/other'], '1', 'https://shop.example/other'],
  [['https://elsewhere.example/x'], '', 'https://elsewhere.example/x'],
  [[null], '', 'https://shop.example/'],
  [null, '', 'https://shop.example/'],
])('a click on %j %j opens %s', async (data, action, url) => {
  windows = [{ url: 'https://shop.example/basket', focus }];
  if (data?.[0] === null || !data) windows = [];
  await click(data, action);
  expect(openWindow).toHaveBeenCalledExactlyOnceWith(url);
  expect(focus).not.toHaveBeenCalled();
});

it('a click focuses the window that shows the page', async () => {
  windows = [{ url: 'https://shop.example/orders/1', focus }];
  await click(['/orders/1']);
  await click([null]); // any window of the shop is enough
  expect(focus).toHaveBeenCalledTimes(2);
  expect(openWindow).not.toHaveBeenCalled();
});

it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])(
  'a click never opens %s',
  async (link) => {
    await click([link]);
    expect(openWindow).not.toHaveBeenCalled();
  },
);
