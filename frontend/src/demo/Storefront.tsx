import { useCallback, useState } from 'react';
import { NotificationAlerts, NotificationProvider, NotificationToasts } from '../inbox';
import type { Config } from './config';
import { Counter } from './Counter';
import { Header } from './Header';
import { useLanguage } from './language';
import { RefusedBanner } from './RefusedBanner';
import type { ShopApi, Shopper } from './shop-api';
import styles from './storefront.module.css';
import { usePath } from './use-path';

interface StorefrontProps {
  readonly config: Config;
  readonly shop: ShopApi;
  readonly shopper: Shopper;
  readonly onSignOut: (lost: number) => void;
}

export function Storefront({ config, shop, shopper, onSignOut }: StorefrontProps) {
  const { locale } = useLanguage();
  const [isOpen, setIsOpen] = useState(false);
  const [path, navigate] = usePath();
  const getToken = useCallback(
    async () => (await shop.signIn(shopper.user_id)).token,
    [shop, shopper],
  );

  return (
    <NotificationProvider
      apiUrl={config.apiUrl}
      socketUrl={config.socketUrls}
      getToken={getToken}
      locale={locale}
    >
      <Header shop={shop} isOpen={isOpen} onOpenChange={setIsOpen} onNavigate={navigate} />
      <main className={styles.main}>
        {!isOpen && <RefusedBanner />}
        <Counter {...{ shop, shopper, path, onSignOut }} onNavigate={navigate} />
      </main>
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
