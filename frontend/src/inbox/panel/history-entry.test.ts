import { expect, it, vi } from 'vitest';
import { addHistoryEntry } from './history-entry';

it('lets the host navigate only after the browser has gone back, even if the page is busy', async () => {
  const remove = addHistoryEntry(() => undefined);
  await Promise.resolve();
  let isBack = false;
  vi.spyOn(history, 'back').mockImplementation(() => {
    // A browser goes back in several steps. All of them wait while the page is busy.
    setTimeout(() => {
      setTimeout(() => {
        isBack = true;
        window.dispatchEvent(new PopStateEvent('popstate', { state: null }));
      }, 1);
    }, 1);
  });
  const removed = remove();
  for (const end = Date.now() + 700; Date.now() < end;);
  await removed;
  expect(isBack).toBe(true);
});
