import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { Entrance } from '../chrome/Entrance';
import { Brand } from './Brand';
import { Jug } from './Jug';
import { useLanguage } from './language';
import { Preferences } from './Preferences';
import type { ShopApi, Shopper } from './shop-api';
import styles from './sign-in.module.css';

interface SignInFrameProps {
  readonly failed: boolean;
  readonly onRetry: () => void;
  readonly children?: ReactNode;
}

/** The page before sign-in, also shown while the shop loads and when it does not answer. */
export function SignInFrame({ failed, onRetry, children }: SignInFrameProps) {
  const { words } = useLanguage();
  return (
    <Entrance
      bar={
        <>
          <Brand />
          <Preferences />
        </>
      }
    >
      <main className={styles.door}>
        <Jug className={styles.art} />
        <div className={styles.panel}>
          <h1>{words('sign-in.title')}</h1>
          <div role="status">
            {failed && (
              <p className={styles.failed}>
                {words('sign-in.failed')}{' '}
                <button type="button" onClick={onRetry}>
                  {words('retry')}
                </button>
              </p>
            )}
            {!failed && !children && <p>{words('sign-in.loading')}</p>}
          </div>
          {children}
        </div>
      </main>
    </Entrance>
  );
}

interface SignInProps {
  readonly shop: ShopApi;
  /** How many actions the last shopper's sign-out could not send. */
  readonly lost: number;
  readonly onSignedIn: (shopper: Shopper) => void;
}

export function SignIn({ shop, lost, onSignedIn }: SignInProps) {
  const { words } = useLanguage();
  const [shoppers, setShoppers] = useState<readonly Shopper[]>();
  const [failed, setFailed] = useState(false);

  const fail = useCallback(() => {
    setFailed(true);
  }, []);
  const load = useCallback(() => {
    shop.shoppers().then((answer) => {
      setShoppers(answer);
      setFailed(false);
    }, fail);
  }, [shop, fail]);
  useEffect(load, [load]);

  return (
    <SignInFrame failed={failed} onRetry={load}>
      {shoppers && (
        <>
          {lost > 0 && (
            <p role="alert" className={styles.failed}>
              {words('sign-in.lost', { count: lost })}
            </p>
          )}
          <p>{words('sign-in.hint')}</p>
          <ul className={styles.shoppers}>
            {shoppers.map(({ user_id, name }) => (
              <li key={user_id}>
                <button
                  type="button"
                  data-testid={`sign-in-${user_id}`}
                  aria-label={words('sign-in.as', { name })}
                  onClick={() => {
                    shop.signIn(user_id).then(onSignedIn, fail);
                  }}
                >
                  <span className={styles.initial} aria-hidden="true">
                    {name.slice(0, 1)}
                  </span>
                  {name}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </SignInFrame>
  );
}
