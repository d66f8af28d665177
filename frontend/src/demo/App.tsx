import { useCallback, useEffect, useState } from 'react';
import { loadConfig, type Config } from './config';
import { LanguageProvider } from './language';
import { useShopper } from './session';
import { ShopApi, type Shopper } from './shop-api';
import { SignIn, SignInFrame } from './SignIn';
import { Storefront } from './Storefront';

interface Services {
  readonly config: Config;
  readonly shop: ShopApi;
}

async function connectServices(): Promise<Services> {
  const config = await loadConfig();
  return { config, shop: new ShopApi(config.shopUrl) };
}

interface AppProps {
  /** Resolves when the service worker serves the pictures of notifications, or if it never will. */
  readonly worker: Promise<void>;
}

/** The demo: a fictional shop that uses the inbox as another team would. */
export function App({ worker }: AppProps) {
  const [services, setServices] = useState<Services | 'loading' | 'failed'>('loading');
  const [shopper, enter] = useShopper();
  const [lost, setLost] = useState(0);

  const connect = useCallback(() => {
    connectServices().then(setServices, () => {
      setServices('failed');
    });
  }, []);
  useEffect(connect, [connect]);

  return <LanguageProvider>{screen()}</LanguageProvider>;

  function screen() {
    if (services === 'loading' || services === 'failed') {
      return <SignInFrame failed={services === 'failed'} onRetry={connect} />;
    }
    if (!shopper) {
      const onSignedIn = (next: Shopper) => {
        void worker.then(() => {
          enter(next);
        });
      };
      return <SignIn shop={services.shop} {...{ lost, onSignedIn }} />;
    }
    return (
      <Storefront
        key={shopper.user_id}
        {...services}
        shopper={shopper}
        onSignOut={(count) => {
          setLost(count);
          // The address may name an order. The next shopper begins at the shop's front page.
          window.history.replaceState(null, '', '/');
          enter(undefined);
        }}
      />
    );
  }
}
