import { expect, it, vi } from 'vitest';

/** Return the worker's answer to a request of the page, or undefined if it does not answer. */
function answerTo(url: string): unknown {
  const respondWith = vi.fn<(answer: unknown) => void>();
  window.dispatchEvent(Object.assign(new Event('fetch'), { request: { url }, respondWith }));
  return respondWith.mock.calls[0]?.[0];
}

it('answers for the host of the pictures, and for nothing else', async () => {
  const fetched = vi.fn(() => Promise.resolve('a picture'));
  vi.stubGlobal('fetch', fetched);
  await import('./service-worker');
  await expect(answerTo('https://img.alma-y-barro.example/jug.svg')).resolves.toBe('a picture');
  expect(fetched).toHaveBeenCalledExactlyOnceWith('/pictures/jug.svg');
  expect(answerTo('http://localhost:8080/pictures/jug.svg')).toBeUndefined();
  expect(answerTo('https://img.alma-y-barro.example.evil.example/jug.svg')).toBeUndefined();
  vi.unstubAllGlobals();
});
