import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ConsoleApi } from './api';
import type { DoorReason } from './entry/Door';
import { Header } from './Header';
import { useLanguage } from './language';
import { Life } from './life/Life';
import { SearchPage } from './life/SearchPage';
import styles from './machine.module.css';
import { Room } from './model/room';
import type { Session } from './model/wire';
import { River } from './river/River';
import { followRiver } from './stream/river-stream';
import { useRoute } from './use-route';

interface MachineProps {
  readonly token: string;
  readonly api: ConsoleApi;
  readonly session: Session;
  readonly onLeave: (reason: DoorReason) => void;
}

/** The page once the service has accepted the token. It follows the river, whatever it shows. */
export function Machine({ token, api, session, onLeave }: MachineProps) {
  const { say } = useLanguage();
  const [room] = useState(() => new Room());
  const picture = useSyncExternalStore(room.subscribe, room.picture);
  const route = useRoute();
  useEffect(() => followRiver(token, room), [token, room]);
  const { connection, ahead, state } = picture;
  // Until the first state arrives, it is unknown how far the two clocks are apart.
  useEndOf(state ? session.expires_at : null, ahead, onLeave);
  useEffect(() => {
    if (connection.is === 'refused') onLeave(connection.status === 403 ? 'scope' : 'expired');
  }, [connection, onLeave]);

  return (
    <>
      <Header
        {...{ picture, route }}
        onPause={room.togglePause}
        onLeave={() => {
          onLeave('left');
        }}
      />
      {session.demo && <p className={styles.demo}>{say('demo')}</p>}
      <main className={styles.main}>
        {route.page === 'river' && <River room={room} picture={picture} />}
        {route.page === 'search' && (
          <SearchPage key={`${route.by} ${route.q}`} api={api} {...route} />
        )}
        {route.page === 'life' && (
          <Life key={route.id} api={api} id={route.id} mayRepeat={session.may_repeat} />
        )}
      </main>
    </>
  );
}

/** The longest delay of a browser's timer. If a session is longer, only the service ends it. */
const LONGEST_MS = 2 ** 31 - 1;

/** Leave when the token expires by the service's clock, which is `ahead` ms ahead of this one. */
function useEndOf(expiresAt: string | null, ahead: number, onLeave: MachineProps['onLeave']): void {
  // Each state gives a slightly different value. Round it, so that the timer is rarely set again.
  const aheadSeconds = Math.round(ahead / 1000);
  useEffect(() => {
    if (expiresAt === null) return undefined;
    const left = Date.parse(expiresAt) - Date.now() - aheadSeconds * 1000;
    if (left > LONGEST_MS) return undefined;
    const timer = setTimeout(() => {
      onLeave('expired');
    }, left);
    return () => {
      clearTimeout(timer);
    };
  }, [expiresAt, aheadSeconds, onLeave]);
}
