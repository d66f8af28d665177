import styles from './bar.module.css';

/** The logo with the name of the site. */
export function Brand({ name }: { readonly name: string }) {
  return (
    <span className={styles.brand}>
      <img src="/favicon.svg" alt="" width="32" height="32" />
      {name}
    </span>
  );
}
