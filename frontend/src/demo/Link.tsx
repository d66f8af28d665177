import type { MouseEvent, ReactNode } from 'react';

export type Navigate = (href: string) => unknown;

interface LinkProps {
  readonly href: string;
  readonly onNavigate: Navigate;
  readonly children: ReactNode;
}

/** A link to a page of the shop. The page opens without a reload. */
export function Link({ href, onNavigate, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onNavigate(href);
  };
  return (
    <a href={href} onClick={follow}>
      {children}
    </a>
  );
}
