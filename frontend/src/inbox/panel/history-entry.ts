/** Marks our entry in `history.state`, next to what the host's router keeps there. */
const KEY = 'notificationInbox';

/**
 * How long to wait for the browser to go back. It takes a few milliseconds, unless something
 * prevents it, such as a dialog. A single timer may expire while the page is busy, before the
 * browser has gone back. So wait for several timers, one after another.
 */
const FURTHER_WAITS = 4;
const WAIT_MS = 100;

/** Resolves when the browser has gone back over the entry that was removed last. */
let settled = Promise.resolve();

const stateNow = (): Record<string, unknown> =>
  Object(history.state === Object(history.state) ? history.state : {}) as Record<string, unknown>;

/**
 * Add an entry to the tab's history, so that Back closes what is open instead of leaving the page.
 *
 * The entry keeps the state of the host's router. The router is not notified when the browser goes
 * back over the entry. Returns a function that removes the entry. Its promise resolves when the
 * host may navigate: if the host navigated earlier, the browser would go back from the new page.
 */
export function addHistoryEntry(onBack: () => void): () => Promise<void> {
  const mark = `${Date.now()}-${Math.random()}`;
  let stage: 'due' | 'added' | 'removed' = 'due';
  let page = '';
  const isCurrent = () => stateNow()[KEY] === mark;
  const onPop = (event: PopStateEvent) => {
    if (isCurrent()) return;
    stage = 'removed';
    window.removeEventListener('popstate', onPop, true);
    if (location.href === page) event.stopImmediatePropagation();
    onBack();
  };
  // Add the entry in a microtask, because StrictMode adds, removes and adds again at once.
  void settled.then(() => {
    if (stage !== 'due') return;
    stage = 'added';
    page = location.href;
    history.pushState({ ...stateNow(), [KEY]: mark }, '');
    window.addEventListener('popstate', onPop, true);
  });
  return () => {
    const wasAdded = stage === 'added';
    stage = 'removed';
    window.removeEventListener('popstate', onPop, true);
    // If the host has navigated, the entry is no longer the current one: leave it.
    if (wasAdded && isCurrent()) settled = goBack();
    return settled;
  };
}

const goBack = (): Promise<void> =>
  new Promise((resolve) => {
    const finish = (event?: PopStateEvent) => {
      clearTimeout(timer);
      window.removeEventListener('popstate', finish, true);
      event?.stopImmediatePropagation();
      resolve();
    };
    let timer: ReturnType<typeof setTimeout>;
    const wait = (more: number) => {
      timer = setTimeout(() => {
        if (more > 0) wait(more - 1);
        else finish();
      }, WAIT_MS);
    };
    wait(FURTHER_WAITS);
    window.addEventListener('popstate', finish, true);
    history.back();
  });
