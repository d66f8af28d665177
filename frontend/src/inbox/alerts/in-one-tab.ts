/** How long a tab keeps the lock: as long as the minimum gap between two tones. */
const HELD_MS = 2_000;

/**
 * Run the task only in the first of the tabs that call this at about the same time. In a browser
 * without Web Locks, or in a sandbox that forbids them, every tab runs it.
 */
export function inOneTab(name: string, task: () => void): void {
  if (!('locks' in navigator)) {
    task();
    return;
  }
  navigator.locks
    .request(`notification-inbox-alert/${name}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      task();
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    })
    .catch(task);
}
