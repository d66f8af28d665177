import { useEffect, useRef, type MouseEvent, type ReactNode } from 'react';
import { useLanguage } from './language';
import styles from './pages.module.css';

export type Navigate = (href: string) => unknown;

interface PageProps {
  readonly title: string;
  readonly text: string;
  readonly onNavigate: Navigate;
  readonly children?: ReactNode;
}

/** A page of the shop that is reached by a link. It always has a way back. */
export function Page({ title, text, onNavigate, children }: PageProps) {
  const { words } = useLanguage();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  const goBack = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onNavigate('/');
  };
  return (
    <section className={styles.page} data-testid="page">
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      <div className={styles.actions}>
        {children}
        <a href="/" onClick={goBack}>
          {words('page.back')}
        </a>
      </div>
    </section>
  );
}
