import { afterEach, beforeEach, expect, it } from 'vitest';
import { badgeTitle } from './title-badge';

let stop: () => void = () => undefined;

beforeEach(() => {
  document.title = 'Tienda';
});

afterEach(() => {
  stop();
});

/** What observes is told of a change before the next task. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

it('stands before the title, and before what the page makes of it', async () => {
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

it('does not fight a page that insists on its own title', async () => {
  let rounds = 0;
  const host = new MutationObserver(() => {
    rounds += 1;
    // A fight would be endless, and never come to another task.
    if (rounds < 100 && document.title !== 'Tienda') document.title = 'Tienda';
  });
  host.observe(document.head, { childList: true, characterData: true, subtree: true });
  stop = badgeTitle('(3) ');
  await settled();
  host.disconnect();
  expect(document.title).toBe('Tienda');
  expect(rounds).toBeLessThan(4);
});

it('takes no number for its own that is the page’s', () => {
  document.title = '(2) Tiendas';
  stop = badgeTitle('(3) ');
  expect(document.title).toBe('(3) (2) Tiendas');
  stop();
  expect(document.title).toBe('(2) Tiendas');
});

it('leaves the title as the page has set it last', () => {
  stop = badgeTitle('(3) ');
  document.title = 'Pedido 1';
  stop();
  expect(document.title).toBe('Pedido 1');
});

it('bears a page without a title', async () => {
  document.title = '';
  stop = badgeTitle('(3) ');
  await settled();
  expect(document.title).toBe('(3)');
  stop();
  expect(document.title).toBe('');
});
