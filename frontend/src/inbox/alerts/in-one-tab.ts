/** The tab that got the lock keeps it this long: as long as the minimum gap between two tones. */
const HELD_MS = 2_000;

/** Run the task in only one of the tabs that ask at about the same time: the first. */
export function inOneTab(name: string, task: () => void): void {
  if (!('locks' in navigator)) {
    task();
    return;
  }
  void navigator.locks.request(
    `notification-inbox-alert/${name}`,
    { ifAvailable: true },
    async (lock) => {
      if (!lock) return;
      task();
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    },
  );
}
