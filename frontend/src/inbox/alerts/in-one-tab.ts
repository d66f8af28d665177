/** As long as a tone keeps the next from sounding. */
const HELD_MS = 2_000;

/** Does it in one of the tabs that want to at about the same time: the first. */
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
