import { Chips } from './Chips';
import { ReceiptIcon } from './icons';
import { useLanguage } from './language';
import type { Navigate } from './Link';
import { OrderCard } from './OrderCard';
import styles from './orders.module.css';
import { Product } from './Product';
import type { OrdersState } from './use-orders';

/** The notifications that the shop can send and that belong to no order. */
const NOTICES = ['offer', 'sign_in'] as const;

type OrdersProps = OrdersState & {
  /** The id of the order that a link leads to. */
  readonly highlighted?: string;
  readonly onNavigate: Navigate;
};

export function Orders(props: OrdersProps) {
  const { orders, busy, failed, buy, advance, happen, notify, highlighted, onNavigate } = props;
  const { words } = useLanguage();
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
              isHighlighted={order.id === highlighted}
              onAdvance={advance}
              onEvent={happen}
              onNavigate={onNavigate}
            />
          ))}
        </ol>
        {orders && <Chips label={words('kinds.shop')} kinds={NOTICES} onSend={notify} />}
      </section>
    </>
  );
}
