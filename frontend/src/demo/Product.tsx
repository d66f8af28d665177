import { Jug } from './Jug';
import { useLanguage } from './language';
import { JUG, moneyText } from './money';
import styles from './product.module.css';

interface ProductProps {
  readonly isBusy: boolean;
  readonly onBuy: () => Promise<void>;
}

export function Product({ isBusy, onBuy }: ProductProps) {
  const { words, locale } = useLanguage();
  return (
    <section className={styles.product} aria-labelledby="product-name">
      <Jug className={styles.art} />
      <div className={styles.text}>
        <p className={styles.label}>{words('product.label')}</p>
        <h2 id="product-name">{words('product.name')}</h2>
        <p className={styles.description}>{words('product.text')}</p>
        <p className={styles.buy}>
          <span className={styles.price}>{moneyText(JUG, locale)}</span>
          <button
            type="button"
            data-testid="new-order"
            disabled={isBusy}
            onClick={() => void onBuy()}
          >
            {words(isBusy ? 'product.buying' : 'product.buy')}
          </button>
        </p>
      </div>
    </section>
  );
}
