import { useEffect, useState } from 'react';
import { useLanguage } from './language';
import type { Navigate } from './Link';
import { moneyText, MUG, MUG_ON_OFFER } from './money';
import { Orders } from './Orders';
import { Page } from './Page';
import styles from './pages.module.css';
import { ORDER_PATH, plainPath } from './paths';
import type { ShopApi } from './shop-api';
import { useOrders, type OrdersState } from './use-orders';

interface PagesProps {
  readonly shop: ShopApi;
  readonly userId: string;
  readonly path: string;
  readonly onNavigate: Navigate;
  readonly onSignOut: () => void;
}

/** The page at this path. The shop's notifications link to all these pages. */
export function Pages({ shop, userId, path, onNavigate, onSignOut }: PagesProps) {
  const { words, locale } = useLanguage();
  const orders = useOrders(shop, userId);
  const [, id, task] = ORDER_PATH.exec(path) ?? [];
  if (id) return <OrderPage {...orders} {...{ id, task, onNavigate }} />;
  switch (plainPath(path)) {
    case '/':
    case '/orders':
      return <Orders {...orders} onNavigate={onNavigate} />;
    case '/offers': {
      const prices = { price: moneyText(MUG_ON_OFFER, locale), before: moneyText(MUG, locale) };
      const text = words('page.offer.text', prices);
      return <Page title={words('page.offer')} {...{ text, onNavigate }} />;
    }
    case '/account/security':
      return (
        <Page
          title={words('page.security')}
          text={words('page.security.text')}
          onNavigate={onNavigate}
        >
          <button type="button" className={styles.main} onClick={onSignOut}>
            {words('page.security.sign-out')}
          </button>
        </Page>
      );
    default: {
      const text = words('page.unknown.text');
      return <Page title={words('page.unknown')} {...{ text, onNavigate }} />;
    }
  }
}

type OrderPageProps = OrdersState & {
  readonly id: string;
  readonly task: string | undefined;
  readonly onNavigate: Navigate;
};

function OrderPage({ id, task, onNavigate, ...orders }: OrderPageProps) {
  const { words } = useLanguage();
  const { open } = orders;
  const isKnown = orders.orders?.some((order) => order.id === id);
  useEffect(() => {
    if (isKnown) open(id);
  }, [open, id, isKnown]);
  if (isKnown === false) {
    const text = words('page.no-order.text');
    return <Page title={words('page.no-order', { id })} {...{ text, onNavigate }} />;
  }
  if (task === 'payment') return <Payment {...orders} {...{ id, onNavigate }} />;
  if (task === 'review') return <Review onNavigate={onNavigate} />;
  return <Orders {...orders} {...{ onNavigate }} highlighted={id} />;
}

type PaymentProps = OrdersState & { readonly id: string; readonly onNavigate: Navigate };

function Payment({ id, orders, failed, busy, advance, onNavigate }: PaymentProps) {
  const { words, locale } = useLanguage();
  const order = orders?.find((other) => other.id === id);
  const isPaid = order !== undefined && order.state !== 'received';
  const text = isPaid ? 'page.paid.text' : 'page.payment.text';
  return (
    <Page title={words('page.payment', { id })} text={words(text)} onNavigate={onNavigate}>
      {failed && (
        <p role="alert" className={styles.failed}>
          {words('orders.failed')}
        </p>
      )}
      {order && !isPaid && (
        <button
          type="button"
          className={styles.main}
          disabled={busy !== undefined}
          onClick={() => void advance(id)}
        >
          {words('page.payment.pay', { amount: moneyText(order.total, locale) })}
        </button>
      )}
    </Page>
  );
}

function Review({ onNavigate }: { readonly onNavigate: Navigate }) {
  const { words } = useLanguage();
  const [given, setGiven] = useState<number>();
  const text = given === undefined ? words('page.review.text') : words('page.review.thanks');
  return (
    <Page title={words('page.review')} text={text} onNavigate={onNavigate}>
      <div className={styles.stars} role="group" aria-label={words('page.review')}>
        {[1, 2, 3, 4, 5].map((count) => (
          <button
            key={count}
            type="button"
            aria-label={words('page.review.stars', { count })}
            aria-pressed={given === count}
            onClick={() => {
              setGiven(count);
            }}
          >
            {count <= (given ?? 0) ? '★' : '☆'}
          </button>
        ))}
      </div>
    </Page>
  );
}
