import { useEffect, useRef } from 'react';
import { Chips } from './Chips';
import { useLanguage } from './language';
import { Link, type Navigate } from './Link';
import { moneyText } from './money';
import styles from './orders.module.css';
import type { Order, OrderState } from './shop-api';
import type { DemoWords } from './words/languages/es';

const STATE_WORDS = {
  received: 'state.received',
  paid: 'state.paid',
  shipped: 'state.shipped',
  in_transit: 'state.in_transit',
  delivered: 'state.delivered',
} as const;

const ADVANCE_WORDS: Readonly<Record<string, keyof DemoWords>> = {
  paid: 'order.advance.paid',
  shipped: 'order.advance.shipped',
  in_transit: 'order.advance.in_transit',
  delivered: 'order.advance.delivered',
};

interface OrderCardProps {
  readonly order: Order;
  readonly isBusy: boolean;
  readonly isHighlighted: boolean;
  readonly onAdvance: (id: string) => Promise<void>;
  readonly onEvent: (id: string, event: string) => Promise<void>;
  readonly onNavigate: Navigate;
}

export function OrderCard(props: OrderCardProps) {
  const { order, isBusy, isHighlighted, onAdvance, onEvent, onNavigate } = props;
  const { words } = useLanguage();
  const card = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isHighlighted) card.current?.focus();
  }, [isHighlighted]);

  const nameOf = (state: OrderState | undefined) =>
    state && state.id in STATE_WORDS
      ? words(STATE_WORDS[state.id as keyof typeof STATE_WORDS])
      : (state?.title ?? '');
  const toNext = (state: OrderState) => {
    const key = ADVANCE_WORDS[state.id];
    return key ? words(key) : state.title;
  };
  const step = order.states.findIndex(({ id }) => id === order.state);
  const next = order.states[step + 1];
  return (
    <li
      ref={card}
      className={styles.order}
      tabIndex={-1}
      data-testid="order"
      data-id={order.id}
      data-state={order.state}
      data-highlighted={isHighlighted}
    >
      <OrderHead {...{ order, onNavigate }} />
      <p className={styles.now}>
        {words('order.progress', {
          step: step + 1,
          steps: order.states.length,
          state: nameOf(order.states[step]),
        })}
      </p>
      <ol className={styles.steps} aria-hidden="true">
        {order.states.map((state, index) => (
          <li key={state.id} data-reached={index <= step} data-current={index === step}>
            <span>{nameOf(state)}</span>
          </li>
        ))}
      </ol>
      {next ? (
        <button
          type="button"
          className={styles.advance}
          data-testid="advance-order"
          disabled={isBusy}
          onClick={() => void onAdvance(order.id)}
        >
          {isBusy ? words('order.advancing') : toNext(next)}
        </button>
      ) : (
        <p className={styles.done}>{words('order.done')}</p>
      )}
      <Chips
        label={words('kinds.order')}
        kinds={order.events}
        onSend={(event) => onEvent(order.id, event)}
      />
    </li>
  );
}

/** The order's number, as a link to its page, the date of the order, and the total. */
function OrderHead({ order, onNavigate }: Pick<OrderCardProps, 'order' | 'onNavigate'>) {
  const { words, locale } = useLanguage();
  const placed = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <div className={styles.head}>
      <h3>
        <Link href={`/orders/${order.id}`} onNavigate={onNavigate}>
          {words('order.title', { id: order.id })}
        </Link>
      </h3>
      <time dateTime={order.created_at}>{placed.format(new Date(order.created_at))}</time>
      <span className={styles.total}>{moneyText(order.total, locale)}</span>
    </div>
  );
}
