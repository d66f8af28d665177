/** Marks our entry in `history.state`, next to what the host's router keeps there. */
const KEY = 'notificationInbox';

/**
 * The browser goes back within a few milliseconds. It may be hindered, for example by a dialog. So
 * wait for this time, and then so many times more: while the page is busy, no time passes.
 */
const WAITS = 4;
const WAIT_MS = 100;

/** Ends when the browser has gone back over the last entry that was removed. */
let settled = Promise.resolve();

const stateNow = (): Record<string, unknown> =>
  Object(history.state === Object(history.state) ? history.state : {}) as Record<string, unknown>;

/**
 * Add an entry to the tab's history, so that Back closes what is open instead of leaving the page.
 *
 * The entry keeps the state of the host's router, and the router does not get to know when the
 * browser goes back over it. Returns a function that removes the entry. Its promise ends when the
 * host may navigate: before, the browser would still go back.
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
  // Later, because StrictMode adds, removes and adds again at once.
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
    wait(WAITS);
    window.addEventListener('popstate', finish, true);
    history.back();
  });
