import { useCallback, useEffect, useMemo, useState } from 'react';
import { ConsoleApi, Refusal } from './api';
import { Door, type DoorReason } from './entry/Door';
import { Machine } from './Machine';
import { remember, takeToken, tokenInAddress } from './session';
import type { Session } from './model/wire';

/** The machine room: asks for a token, then shows the river and the life of each notification. */
export function App() {
  const [token, setToken] = useState(takeToken);
  const [session, setSession] = useState<Session>();
  const [reason, setReason] = useState<DoorReason>('none');
  const [tries, setTries] = useState(0);
  const api = useMemo(() => (token === undefined ? undefined : new ConsoleApi(token)), [token]);

  const leave = useCallback((why: DoorReason) => {
    remember(undefined);
    setToken(undefined);
    setSession(undefined);
    setReason(why);
  }, []);

  useEffect(() => {
    // A link to this page may carry a token in its fragment. If it is opened in a tab that already
    // shows the page, only the fragment changes, and the page does not load again.
    const onHashChange = () => {
      const next = tokenInAddress();
      if (next === undefined) return;
      setSession(undefined);
      setReason('none');
      setToken(next);
      setTries((count) => count + 1);
    };
    window.addEventListener('hashchange', onHashChange);
    return () => {
      window.removeEventListener('hashchange', onHashChange);
    };
  }, []);

  useEffect(() => {
    if (!api) return undefined;
    let isOver = false;
    api.session().then(
      (answer) => {
        if (!isOver) setSession(answer);
      },
      (error: unknown) => {
        if (isOver) return;
        if (error instanceof Refusal && error.status < 500)
          leave(error.status === 403 ? 'scope' : 'refused');
        else setReason('silent');
      },
    );
    return () => {
      isOver = true;
    };
  }, [api, tries, leave]);

  if (token === undefined || !api || !session) {
    return (
      <Door
        reason={reason}
        isOpening={token !== undefined && reason !== 'silent'}
        onEnter={(next) => {
          setReason('none');
          // Try again, even with the same token: the service may not have answered last time.
          setTries((count) => count + 1);
          if (next === undefined) return;
          remember(next);
          setToken(next);
        }}
        canRetry={token !== undefined}
      />
    );
  }
  return <Machine {...{ token, api, session }} onLeave={leave} />;
}
