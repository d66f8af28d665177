import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Locks } from '../../testing/locks';
import { idOf, notification } from '../../testing/notifications';
import type { Action } from '../domain/action';
import { Outbox } from './outbox';

const PATIENCE = { timeout: 5_000, interval: 2 };
const until = (check: () => void) => vi.waitFor(check, PATIENCE);

/** The outbox of one tab, and a log of its callbacks. */
class Tab {
  readonly log: string[] = [];
  readonly outbox = new Outbox({
    onAddition: ({ key }) => this.log.push(`added ${key}`),
    onDone: ({ key }, answer) => this.log.push(`done ${key} ${answer?.title ?? ''}`),
    onRefused: ({ key }) => this.log.push(`refused ${key}`),
    onAdopted: () => this.log.push('adopted'),
  });

  async open(shopper = 'ana'): Promise<this> {
    await this.outbox.open(shopper);
    tabs.push(this);
    return this;
  }

  logs(...entries: string[]): Promise<void> {
    return until(() => {
      expect(this.log).toEqual(entries);
    });
  }
}

const tabs: Tab[] = [];
const hidden = new Map<string, string>();
const read = (n: number): Action => ({
  key: String(n),
  kind: 'read',
  id: idOf(n),
  at: `2026-01-01T00:00:0${n}Z`,
});

beforeEach(() => {
  Object.defineProperty(navigator, 'locks', { value: new Locks(), configurable: true });
});

afterEach(() => {
  for (const { outbox } of tabs.splice(0)) outbox.close();
  Reflect.deleteProperty(navigator, 'locks');
  localStorage.clear();
  hidden.clear();
});

it('shows an action in the other tabs until it is done, and then the server’s answer', async () => {
  const [tab, other] = [await new Tab().open(), await new Tab().open()];
  tab.outbox.add(read(1));
  await other.logs('added 1');
  expect(other.outbox.all[0]).toBeUndefined();
  tab.outbox.done(read(1), notification(1));
  await other.logs('added 1', 'done 1 Aviso 1');
  expect(localStorage).toHaveLength(0);
});

it('takes a refused action back in the other tabs', async () => {
  const [tab, other] = [await new Tab().open(), await new Tab().open()];
  tab.outbox.add(read(1));
  tab.outbox.refused(read(1));
  await other.logs('added 1', 'refused 1');
});

it('shows the unsent actions of the open tabs in a new tab', async () => {
  const tab = await new Tab().open();
  tab.outbox.add(read(1));
  const other = await new Tab().open();
  await other.logs('added 1');
  expect(other.outbox.all[0]).toBeUndefined();
});

it('adopts the actions of a closed tab, in order', async () => {
  const [tab, other] = [await new Tab().open(), await new Tab().open()];
  tab.outbox.add(read(1));
  tab.outbox.add(read(2));
  await other.logs('added 1', 'added 2');
  tab.outbox.close();
  await until(() => {
    expect(other.log).toContain('adopted');
  });
  expect(other.outbox.all[0]).toEqual(read(1));
  expect(other.outbox.length).toBe(2);
});

it('adopts the actions of the last tab in the next tab that opens', async () => {
  const tab = await new Tab().open();
  tab.outbox.add(read(2));
  tab.outbox.add(read(1));
  tab.outbox.close();
  const next = await new Tab().open();
  await next.logs('added 1', 'added 2', 'adopted');
  expect(next.outbox.all[0]).toEqual(read(1));
});

it('lets only one tab adopt an action', async () => {
  const tab = await new Tab().open();
  const [left, right] = [await new Tab().open(), await new Tab().open()];
  tab.outbox.add(read(1));
  await Promise.all([left.logs('added 1'), right.logs('added 1')]);
  tab.outbox.close();
  await until(() => {
    expect([left.outbox.length, right.outbox.length].sort()).toEqual([0, 1]);
    expect(localStorage).toHaveLength(1);
  });
});

it('neither loses nor duplicates an action if a tab crashes while adopting it', async () => {
  const tab = await new Tab().open();
  tab.outbox.add(read(1));
  tab.outbox.close();
  const removeItem = vi.spyOn(Storage.prototype, 'removeItem').mockImplementation(() => undefined);
  const crashed = await new Tab().open();
  await crashed.logs('added 1', 'adopted');
  expect(localStorage).toHaveLength(2);
  removeItem.mockRestore();
  crashed.outbox.close();
  const next = await new Tab().open();
  await next.logs('added 1', 'adopted');
  expect(next.outbox.length).toBe(1);
  expect(localStorage).toHaveLength(1);
});

it('adopts only as many actions as fit, and leaves the rest stored', async () => {
  const actions = Array.from({ length: 300 }, (_, n) => ({ ...read(1), key: `k${n}` }));
  for (const half of [0, 1]) {
    const tab = await new Tab().open();
    for (const action of actions) tab.outbox.add({ ...action, key: `${half}${action.key}` });
    // Closing releases the lock, so the tab's actions belong to no open tab.
    tab.outbox.close();
    // Hide the first half until both are stored, or the second tab would adopt it.
    if (half === 0)
      for (const key of Object.keys(localStorage)) hidden.set(key, localStorage[key] as string);
    if (half === 0) localStorage.clear();
  }
  for (const [key, value] of hidden) localStorage.setItem(key, value);
  const next = await new Tab().open();
  await until(() => {
    expect(next.log).toContain('adopted');
  });
  expect(next.outbox.length).toBe(500);
  expect(localStorage).toHaveLength(600);
});

it('can be opened again after the browser refused the lock', async () => {
  const locks = navigator.locks as unknown as Locks;
  const request = vi.spyOn(locks, 'request').mockRejectedValueOnce(new Error('no lock'));
  const tab = new Tab();
  await expect(tab.open()).rejects.toThrow('no lock');
  request.mockRestore();
  await tab.open();
  tab.outbox.add(read(1));
  expect(localStorage).toHaveLength(1);
});

it('reports no refusal of an action that was already removed', () => {
  const { outbox } = new Tab();
  outbox.add(read(1));
  outbox.clear();
  expect(outbox.refused(read(1))).toBe(false);
});

it('shares nothing between different shoppers', async () => {
  const ana = await new Tab().open('ana');
  const luis = await new Tab().open('ana/../luis');
  ana.outbox.add(read(1));
  ana.outbox.close();
  const nextTab = await new Tab().open('ana');
  await nextTab.logs('added 1', 'adopted');
  expect(luis.log).toEqual([]);
});

it('stores the actions that were added before it was opened', async () => {
  const tab = new Tab();
  tab.outbox.add(read(1));
  await tab.open();
  tab.outbox.close();
  await (await new Tab().open()).logs('added 1', 'adopted');
});

it('forgets all actions after an erasure', async () => {
  const tab = await new Tab().open();
  tab.outbox.add(read(1));
  tab.outbox.clear();
  expect(tab.outbox.length).toBe(0);
  expect(localStorage).toHaveLength(0);
});

it('does not report an answer to an action that an erasure removed', async () => {
  const tab = await new Tab().open();
  tab.outbox.add(read(1));
  tab.outbox.clear();
  tab.outbox.done(read(1), notification(1));
  expect(tab.log).toEqual(['added 1', 'refused 1']);
});

it('takes all actions back in this tab and in the others after an erasure', async () => {
  const [tab, other] = [await new Tab().open(), await new Tab().open()];
  tab.outbox.add(read(1));
  tab.outbox.add(read(2));
  tab.outbox.clear();
  await tab.logs('added 1', 'added 2', 'refused 1', 'refused 2');
  await other.logs('added 1', 'added 2', 'refused 1', 'refused 2');
});

it('removes stored entries that it cannot read', async () => {
  localStorage.setItem('notification-inbox/ana/gone/1', '{"kind":"explode"}');
  localStorage.setItem('notification-inbox/ana/gone/2', 'not JSON');
  const good = { ...read(3), kind: 'read-all', upTo: idOf(3), id: undefined };
  localStorage.setItem('notification-inbox/ana/gone/3', JSON.stringify(good));
  const tab = await new Tab().open();
  await tab.logs('added 3', 'adopted');
  expect(localStorage).toHaveLength(1);
});

it('holds at most 500 actions', () => {
  const { outbox } = new Tab();
  const added = Array.from({ length: 501 }, (_, n) => outbox.add({ ...read(1), key: String(n) }));
  expect(added.filter(Boolean)).toHaveLength(500);
  expect(added.at(-1)).toBe(false);
});

it('keeps working in memory if nothing can be stored', async () => {
  const setItem = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  const tab = await new Tab().open();
  tab.outbox.add(read(1));
  expect(setItem).toHaveBeenCalledOnce();
  expect(tab.outbox.all[0]).toEqual(read(1));
});

it('holds no lock if it is closed while it opens', async () => {
  const tab = new Tab();
  const opening = tab.outbox.open('ana');
  tab.outbox.close();
  await opening;
  await vi.waitFor(async () => {
    expect((await navigator.locks.query()).held).toEqual([]);
  }, PATIENCE);
});
