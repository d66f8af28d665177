import { useEffect, useRef, type ReactNode } from 'react';
import { useLanguage } from './language';
import { Link, type Navigate } from './Link';
import styles from './pages.module.css';

interface PageProps {
  readonly title: string;
  readonly text: string;
  readonly onNavigate: Navigate;
  readonly children?: ReactNode;
}

/** A page of the shop to which a link leads. It always has a link back. */
export function Page({ title, text, onNavigate, children }: PageProps) {
  const { words } = useLanguage();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  return (
    <section className={styles.page} data-testid="page">
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      <div className={styles.actions}>
        {children}
        <Link href="/" onNavigate={onNavigate}>
          {words('page.back')}
        </Link>
      </div>
    </section>
  );
}
