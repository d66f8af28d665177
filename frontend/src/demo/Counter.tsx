import { useState } from 'react';
import { useNotifications } from '../inbox';
import { useLanguage } from './language';
import { Pages } from './Pages';
import type { ShopApi, Shopper } from './shop-api';
import styles from './storefront.module.css';

/** How long a sign-out may take to send the unsent actions, in milliseconds. */
const PATIENCE_MS = 3000;

interface CounterProps {
  readonly shop: ShopApi;
  readonly shopper: Shopper;
  readonly path: string;
  readonly onNavigate: (href: string) => unknown;
  /** `lost` is the number of actions that could not be sent. */
  readonly onSignOut: (lost: number) => void;
}

/** The shop for a signed-in shopper: greeting, sign-out, and the page of the path. */
export function Counter({ shop, shopper, path, onNavigate, onSignOut }: CounterProps) {
  const { words } = useLanguage();
  const { signOut } = useNotifications();
  const [isLeaving, setIsLeaving] = useState(false);
  const leave = () => {
    setIsLeaving(true);
    void signOut({ timeout: PATIENCE_MS }).then(({ lost }) => {
      onSignOut(lost);
    });
  };
  return (
    <>
      <div className={styles.greeting}>
        <h1>{words('greeting', { name: shopper.name.split(' ')[0] ?? '' })}</h1>
        <button
          type="button"
          className={styles.signOut}
          data-testid="sign-out"
          disabled={isLeaving}
          onClick={leave}
        >
          {words(isLeaving ? 'signing-out' : 'sign-out')}
        </button>
      </div>
      <Pages {...{ shop, path, onNavigate }} userId={shopper.user_id} onSignOut={leave} />
    </>
  );
}
