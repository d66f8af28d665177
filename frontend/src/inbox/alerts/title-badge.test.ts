import { afterEach, beforeEach, expect, it } from 'vitest';
import { badgeTitle } from './title-badge';

let stop: () => void = () => undefined;

beforeEach(() => {
  document.title = 'Tienda';
});

afterEach(() => {
  stop();
});

/** Wait for the mutation observers, which run before the next task. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

it('stays before the title when the page changes its title', async () => {
  stop = badgeTitle('(3) ');
  expect(document.title).toBe('(3) Tienda');
  document.title = 'Pedido 1';
  await settled();
  expect(document.title).toBe('(3) Pedido 1');
  document.title += ' – Tienda';
  await settled();
  expect(document.title).toBe('(3) Pedido 1 – Tienda');
  stop();
  expect(document.title).toBe('Pedido 1 – Tienda');
});

it('is not put back if the page keeps resetting its title', async () => {
  let rounds = 0;
  const host = new MutationObserver(() => {
    rounds += 1;
    // If the two observers answered each other endlessly, no other task would run. So stop after
    // 100 rounds.
    if (rounds < 100 && document.title !== 'Tienda') document.title = 'Tienda';
  });
  host.observe(document.head, { childList: true, characterData: true, subtree: true });
  stop = badgeTitle('(3) ');
  await settled();
  host.disconnect();
  expect(document.title).toBe('Tienda');
  expect(rounds).toBeLessThan(4);
});

it('keeps a number that is part of the page’s own title', () => {
  document.title = '(2) Tiendas';
  stop = badgeTitle('(3) ');
  expect(document.title).toBe('(3) (2) Tiendas');
  stop();
  expect(document.title).toBe('(2) Tiendas');
});

it('restores the last title that the page set', () => {
  stop = badgeTitle('(3) ');
  document.title = 'Pedido 1';
  stop();
  expect(document.title).toBe('Pedido 1');
});

it('works on a page without a title', async () => {
  document.title = '';
  stop = badgeTitle('(3) ');
  await settled();
  expect(document.title).toBe('(3)');
  stop();
  expect(document.title).toBe('');
});
