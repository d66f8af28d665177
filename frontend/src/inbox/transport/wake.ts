import { listen } from './listen';

const TICK_MS = 2_000;

/**
 * Report the moments at which an open connection may have died unnoticed: the page is shown again,
 * thaws, or returns from the back-forward cache, the computer wakes up, or the network changes.
 * Returns a function that ends the watch.
 *
 * No event reports that a computer has woken up. But then its clock has jumped, or a timer is late.
 */
export function watchWakes(onWake: () => void, onNetwork: () => void): () => void {
  const wakeIfVisible = () => {
    if (document.visibilityState === 'visible') onWake();
  };
  let tickedAt = Date.now();
  const timer = setInterval(() => {
    const isLate = Math.abs(Date.now() - tickedAt - TICK_MS) > TICK_MS;
    tickedAt = Date.now();
    if (isLate) wakeIfVisible();
  }, TICK_MS);
  const endPage = listen(document, { visibilitychange: wakeIfVisible, resume: wakeIfVisible });
  const endWindow = listen(window, {
    pageshow: wakeIfVisible,
    online: onNetwork,
    offline: onNetwork,
  });
  return () => {
    clearInterval(timer);
    endPage();
    endWindow();
  };
}
