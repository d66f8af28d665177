import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Locks } from '../../testing/locks';
import { idOf, notification } from '../../testing/notifications';
import type { Action } from '../domain/action';
import { Outbox } from './outbox';

const PATIENCE = { timeout: 5_000, interval: 2 };
const until = (check: () => void) => vi.waitFor(check, PATIENCE);

/** One tab's outbox, and what it has said. */
class Tab {
  readonly said: string[] = [];
  readonly outbox = new Outbox({
    onAdded: ({ key }) => this.said.push(`added ${key}`),
    onDone: ({ key }, answer) => this.said.push(`done ${key} ${answer?.title ?? ''}`),
    onRefused: ({ key }) => this.said.push(`refused ${key}`),
    onAdopted: () => this.said.push('adopted'),
  });

  async open(shopper = 'ana'): Promise<this> {
    await this.outbox.open(shopper);
    tabs.push(this);
    return this;
  }

  hears(...said: string[]): Promise<void> {
    return until(() => {
      expect(this.said).toEqual(said);
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

it('is shown in the other tabs until it is done, with the server’s answer', async () => {
  const [one, other] = [await new Tab().open(), await new Tab().open()];
  one.outbox.add(read(1));
  await other.hears('added 1');
  expect(other.outbox.next).toBeUndefined();
  one.outbox.done(read(1), notification(1));
  await other.hears('added 1', 'done 1 Aviso 1');
  expect(localStorage).toHaveLength(0);
});

it('is taken back in the other tabs when the server refuses', async () => {
  const [one, other] = [await new Tab().open(), await new Tab().open()];
  one.outbox.add(read(1));
  one.outbox.refused(read(1));
  await other.hears('added 1', 'refused 1');
});

it('shows a tab that opens what the living ones have yet to send', async () => {
  const one = await new Tab().open();
  one.outbox.add(read(1));
  const other = await new Tab().open();
  await other.hears('added 1');
  expect(other.outbox.next).toBeUndefined();
});

it('is sent by another tab, in order, when its own is gone', async () => {
  const [one, other] = [await new Tab().open(), await new Tab().open()];
  one.outbox.add(read(1));
  one.outbox.add(read(2));
  await other.hears('added 1', 'added 2');
  one.outbox.close();
  await until(() => {
    expect(other.said).toContain('adopted');
  });
  expect(other.outbox.next).toEqual(read(1));
  expect(other.outbox.length).toBe(2);
});

it('is sent by the next tab that opens when there was no other', async () => {
  const one = await new Tab().open();
  one.outbox.add(read(2));
  one.outbox.add(read(1));
  one.outbox.close();
  const next = await new Tab().open();
  await next.hears('added 1', 'added 2', 'adopted');
  expect(next.outbox.next).toEqual(read(1));
});

it('is adopted by one tab only', async () => {
  const one = await new Tab().open();
  const [left, right] = [await new Tab().open(), await new Tab().open()];
  one.outbox.add(read(1));
  await Promise.all([left.hears('added 1'), right.hears('added 1')]);
  one.outbox.close();
  await until(() => {
    expect([left.outbox.length, right.outbox.length].sort()).toEqual([0, 1]);
    expect(localStorage).toHaveLength(1);
  });
});

it('is not lost by a tab that crashes while it adopts, and not doubled', async () => {
  const one = await new Tab().open();
  one.outbox.add(read(1));
  one.outbox.close();
  const removed = vi.spyOn(Storage.prototype, 'removeItem').mockImplementation(() => undefined);
  const crashed = await new Tab().open();
  await crashed.hears('added 1', 'adopted');
  expect(localStorage).toHaveLength(2);
  removed.mockRestore();
  crashed.outbox.close();
  const next = await new Tab().open();
  await next.hears('added 1', 'adopted');
  expect(next.outbox.length).toBe(1);
  expect(localStorage).toHaveLength(1);
});

it('adopts no more than there is room for; the rest stays for the next', async () => {
  const actions = Array.from({ length: 300 }, (_, n) => ({ ...read(1), key: `k${n}` }));
  for (const half of [0, 1]) {
    const tab = await new Tab().open();
    for (const action of actions) tab.outbox.add({ ...action, key: `${half}${action.key}` });
    // As a tab that has crashed: what it had is nobody's when its lock is gone.
    tab.outbox.close();
    if (half === 0)
      for (const key of Object.keys(localStorage)) hidden.set(key, localStorage[key] as string);
    if (half === 0) localStorage.clear();
  }
  for (const [key, value] of hidden) localStorage.setItem(key, value);
  const next = await new Tab().open();
  await until(() => {
    expect(next.said).toContain('adopted');
  });
  expect(next.outbox.length).toBe(500);
  expect(localStorage).toHaveLength(600);
});

it('opens on another try where the browser would not let it in at first', async () => {
  const locks = navigator.locks as unknown as Locks;
  const request = vi.spyOn(locks, 'request').mockRejectedValueOnce(new Error('no lock'));
  const tab = new Tab();
  await expect(tab.open()).rejects.toThrow('no lock');
  request.mockRestore();
  await tab.open();
  tab.outbox.add(read(1));
  expect(localStorage).toHaveLength(1);
});

it('says of what is gone already that it was not refused', () => {
  const { outbox } = new Tab();
  outbox.add(read(1));
  outbox.clear();
  expect(outbox.refused(read(1))).toBe(false);
});

it('is another shopper’s business to nobody else', async () => {
  const ana = await new Tab().open('ana');
  const luis = await new Tab().open('ana/../luis');
  ana.outbox.add(read(1));
  ana.outbox.close();
  const again = await new Tab().open('ana');
  await again.hears('added 1', 'adopted');
  expect(luis.said).toEqual([]);
});

it('keeps what was done before it was opened', async () => {
  const tab = new Tab();
  tab.outbox.add(read(1));
  await tab.open();
  tab.outbox.close();
  await (await new Tab().open()).hears('added 1', 'adopted');
});

it('forgets everything after an erasure', async () => {
  const one = await new Tab().open();
  one.outbox.add(read(1));
  one.outbox.clear();
  expect(one.outbox.length).toBe(0);
  expect(localStorage).toHaveLength(0);
});

it('does not answer for what an erasure has overtaken', async () => {
  const one = await new Tab().open();
  one.outbox.add(read(1));
  one.outbox.clear();
  one.outbox.done(read(1), notification(1));
  expect(one.said).toEqual(['added 1']);
});

it('drops what another version, or somebody else, has written', async () => {
  localStorage.setItem('notification-inbox/ana/gone/1', '{"kind":"explode"}');
  localStorage.setItem('notification-inbox/ana/gone/2', 'not JSON');
  const good = { ...read(3), kind: 'read-all', upTo: idOf(3), id: undefined };
  localStorage.setItem('notification-inbox/ana/gone/3', JSON.stringify(good));
  const tab = await new Tab().open();
  await tab.hears('added 3', 'adopted');
  expect(localStorage).toHaveLength(1);
});

it('has an end', () => {
  const { outbox } = new Tab();
  const taken = Array.from({ length: 501 }, (_, n) => outbox.add({ ...read(1), key: String(n) }));
  expect(taken.filter(Boolean)).toHaveLength(500);
  expect(taken.at(-1)).toBe(false);
});

it('goes on in memory where nothing can be kept', async () => {
  const full = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  const tab = await new Tab().open();
  tab.outbox.add(read(1));
  expect(full).toHaveBeenCalledOnce();
  expect(tab.outbox.next).toEqual(read(1));
});

it('leaves no tab behind that was closed while it opened', async () => {
  const tab = new Tab();
  const opening = tab.outbox.open('ana');
  tab.outbox.close();
  await opening;
  await vi.waitFor(async () => {
    expect((await navigator.locks.query()).held).toEqual([]);
  }, PATIENCE);
});
