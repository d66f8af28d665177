import { ReceiptIcon } from './icons';
import { useLanguage } from './language';
import { OrderCard } from './OrderCard';
import styles from './orders.module.css';
import { Product } from './Product';
import type { ShopApi } from './shop-api';
import { useOrders } from './use-orders';

interface OrdersProps {
  readonly shop: ShopApi;
  readonly userId: string;
  /** The path of the page. `/orders/<id>` highlights that order. */
  readonly path: string;
}

export function Orders({ shop, userId, path }: OrdersProps) {
  const { words } = useLanguage();
  const { orders, busy, failed, buy, advance } = useOrders(shop, userId);
  return (
    <>
      <Product isBusy={busy === 'new'} onBuy={buy} />
      <section aria-labelledby="orders-title">
        <h2 id="orders-title" className={styles.title}>
          {words('orders.title')}
        </h2>
        <div role="alert">
          {failed && <p className={styles.failed}>{words('orders.failed')}</p>}
        </div>
        {!orders && !failed && <p className={styles.hint}>{words('orders.loading')}</p>}
        {orders?.length === 0 && (
          <p className={styles.empty}>
            <ReceiptIcon />
            {words('orders.empty')}
          </p>
        )}
        {orders && orders.length > 0 && <p className={styles.hint}>{words('order.demo')}</p>}
        <ol className={styles.list}>
          {orders?.map((order) => (
            <OrderCard
              key={order.id}
              order={order}
              isBusy={busy === order.id}
              isHighlighted={path === `/orders/${order.id}`}
              onAdvance={advance}
            />
          ))}
        </ol>
      </section>
    </>
  );
}
