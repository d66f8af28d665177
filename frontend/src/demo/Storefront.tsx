import { useCallback, useRef, useState } from 'react';
import {
  NotificationAlerts,
  NotificationInbox,
  NotificationProvider,
  NotificationToasts,
} from '../inbox';
import type { Config } from './config';
import { Header } from './Header';
import { useLanguage } from './language';
import { Pages } from './Pages';
import { RefusedBanner } from './RefusedBanner';
import type { ShopApi, Shopper } from './shop-api';
import styles from './storefront.module.css';
import { useIsNarrow } from './use-is-narrow';
import { usePath } from './use-path';

const PANEL_ID = 'inbox-panel';

interface StorefrontProps {
  readonly config: Config;
  readonly shop: ShopApi;
  readonly shopper: Shopper;
  readonly onSignOut: () => void;
}

export function Storefront({ config, shop, shopper, onSignOut }: StorefrontProps) {
  const { locale, words } = useLanguage();
  const [isOpen, setIsOpen] = useState(false);
  const [path, navigate] = usePath();
  const bell = useRef<HTMLButtonElement>(null);
  const isNarrow = useIsNarrow();
  const getToken = useCallback(
    async () => (await shop.signIn(shopper.user_id)).token,
    [shop, shopper],
  );

  const close = () => {
    setIsOpen(false);
    bell.current?.focus();
  };
  const follow = (href: string) => {
    // On a narrow screen the panel covers the page that the link leads to.
    if (isNarrow) setIsOpen(false);
    navigate(href);
  };
  return (
    <NotificationProvider
      apiUrl={config.apiUrl}
      socketUrl={config.socketUrls}
      getToken={getToken}
      locale={locale}
    >
      <div className={styles.page} data-inbox={isOpen ? 'open' : 'closed'}>
        <Header
          bell={bell}
          panelId={PANEL_ID}
          isOpen={isOpen}
          onToggle={() => {
            setIsOpen(!isOpen);
          }}
        />
        {isOpen && (
          <aside className={styles.panel}>
            <NotificationInbox id={PANEL_ID} onClose={close} onNavigate={follow} />
          </aside>
        )}
        <main className={styles.main} inert={isOpen && isNarrow}>
          {!isOpen && <RefusedBanner />}
          <div className={styles.greeting}>
            <h1>{words('greeting', { name: shopper.name.split(' ')[0] ?? '' })}</h1>
            <button
              type="button"
              className={styles.signOut}
              data-testid="sign-out"
              onClick={onSignOut}
            >
              {words('sign-out')}
            </button>
          </div>
          <Pages {...{ shop, path, onSignOut }} userId={shopper.user_id} onNavigate={navigate} />
        </main>
      </div>
      <NotificationToasts
        isQuiet={isOpen}
        onNavigate={navigate}
        onOpen={() => {
          setIsOpen(true);
        }}
      />
      <NotificationAlerts onNavigate={navigate} />
    </NotificationProvider>
  );
}
