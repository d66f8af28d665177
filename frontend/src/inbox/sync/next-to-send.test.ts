import { expect, it } from 'vitest';
import { idOf } from '../../testing/notifications';
import type { Action } from '../domain/action';
import { nextToSend } from './next-to-send';

const act = (kind: Action['kind'], n: number): Action =>
  ({
    key: `${kind} ${n}`,
    at: '',
    kind,
    ...(kind.endsWith('all') ? { upTo: idOf(n) } : { id: idOf(n) }),
  }) as Action;

/** Return the key of the action to send next, if the actions have failed this often. */
function nextOf(actions: readonly Action[], failures: Readonly<Record<string, number>> = {}) {
  return nextToSend(actions, ({ key }) => failures[key] ?? 0)?.key;
}

const [readOne, readTwo, unreadOne] = [act('read', 1), act('read', 2), act('unread', 1)];
const readAll = act('read-all', 2);

it('keeps the order while nothing fails, and through two failures', () => {
  expect(nextOf([])).toBeUndefined();
  expect(nextOf([readOne, readTwo])).toBe('read 1');
  expect(nextOf([readOne, readTwo], { 'read 1': 2 })).toBe('read 1');
});

it('lets others pass after three failures, and tries them in turn when all have failed', () => {
  expect(nextOf([readOne, readTwo], { 'read 1': 3 })).toBe('read 2');
  expect(nextOf([readOne, readTwo], { 'read 1': 4, 'read 2': 4 })).toBe('read 1');
  expect(nextOf([readOne, readTwo], { 'read 1': 5, 'read 2': 4 })).toBe('read 2');
  expect(nextOf([readOne], { 'read 1': 500 })).toBe('read 1');
});

it.each([
  [readOne, unreadOne],
  [unreadOne, readAll],
  [readAll, unreadOne],
])('lets nothing pass where the order matters (case %#)', (first, second) => {
  expect(nextOf([first, second], { [first.key]: 9 })).toBe(first.key);
});

it('lets nothing overtake an earlier action that itself must wait', () => {
  expect(nextOf([readAll, unreadOne, readOne], { 'read-all 2': 9 })).toBe('read-all 2');
});
