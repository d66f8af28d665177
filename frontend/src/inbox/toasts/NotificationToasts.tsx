import { useRef, type KeyboardEvent } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import type { Navigate } from '../ui/safe-link';
import { Toast } from './Toast';
import styles from './toast.module.css';
import { useFocusWithin } from './use-focus-within';
import { useMoveAside } from './use-move-aside';
import { useToasts } from './use-toasts';

export interface NotificationToastsProps {
  /** Set while the inbox is open: arrivals are seen there, so no toasts are shown. */
  readonly isQuiet?: boolean;
  /**
   * For a router: called for links within this site, instead of letting the browser follow them.
   * If it returns false, the shopper is told that there is no such page.
   */
  readonly onNavigate?: Navigate;
  /** Opens the inbox, which has the arrivals that are not shown here. */
  readonly onOpen?: () => void;
}

/**
 * Shows the latest arrivals as toasts: critical ones until they are dismissed, the others for a few
 * seconds each. All stay while the pointer or the focus is on a toast, or the page is hidden. The
 * toasts move aside for the bell, for the focused element, and for what was just tapped. The
 * provider announces arrivals to screen readers.
 */
export function NotificationToasts(props: NotificationToastsProps) {
  const { isQuiet = false, onNavigate, onOpen } = props;
  const { words } = useInboxContext();
  const { items, more, queue } = useToasts(isQuiet);
  const region = useRef<HTMLElement>(null);
  const focus = useFocusWithin(region, '[data-dismiss]', (isWithin) => {
    queue.hold('focus', isWithin);
  });
  useMoveAside(region);
  const clearOnEscape = (event: KeyboardEvent) => {
    if (event.key === 'Escape') queue.clear();
  };
  return (
    // The section is not interactive. It only observes the pointer, the focus and Escape within it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={region}
      className={styles.toasts}
      // An empty section has no label, so that it is no landmark. It stays in the page, so that the
      // last toast can fade out.
      aria-label={items.length > 0 ? words('toasts.label') : undefined}
      data-testid="toasts"
      onPointerEnter={() => {
        queue.hold('pointer', true);
      }}
      onPointerLeave={() => {
        queue.hold('pointer', false);
      }}
      onKeyDown={clearOnEscape}
      {...focus}
    >
      {items.map((item) => (
        <Toast key={item.id} item={item} onDismiss={queue.dismiss} onNavigate={onNavigate} />
      ))}
      {more > 0 && (
        <button
          type="button"
          className={styles.more}
          data-testid="toasts-more"
          onClick={() => {
            queue.clear();
            onOpen?.();
          }}
        >
          {words('toasts.more', { count: more })}
        </button>
      )}
    </section>
  );
}
