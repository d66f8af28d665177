import { expect, it, vi } from 'vitest';
import { inOneTab } from './in-one-tab';

it('runs the task where the browser forbids locks, as in a sandbox', async () => {
  const request = () => Promise.reject(new DOMException('sandboxed', 'SecurityError'));
  Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true });
  const task = vi.fn();
  inOneTab('sound', task);
  await vi.waitFor(() => {
    expect(task).toHaveBeenCalledOnce();
  });
  Reflect.deleteProperty(navigator, 'locks');
});
