import { useCallback, useId, useRef, useState } from 'react';
import type { Category } from '../domain/preferences';
import type { InboxLooks } from '../hooks/looks';
import { useBrowser } from '../hooks/use-browser';
import { useLatest } from '../hooks/use-latest';
import type { Navigate } from '../ui/safe-link';
import { NotificationBell } from './NotificationBell';
import { Popover } from './Popover';

export interface NotificationCenterProps extends InboxLooks {
  /** Whether the badge counts the unseen or the unread notifications. */
  readonly count?: 'unseen' | 'unread';
  /** If set, the host decides whether the inbox is open. */
  readonly isOpen?: boolean;
  /** Called when the shopper opens or closes the inbox. */
  readonly onOpenChange?: (isOpen: boolean) => void;
  /**
   * For a router: called for links within this site, instead of letting the browser follow them. If
   * it returns false, the host has no such page, and the shopper is told so.
   */
  readonly onNavigate?: Navigate;
  /** The shop's categories, which the shopper may mute in the settings. */
  readonly categories?: readonly Category[];
  /** The categories that have a tab of their own, with an exact count; at most ten. */
  readonly tabs?: readonly Category[];
}

/** The bell with the inbox that it opens: a popover, or on a phone a sheet from the bottom. */
export function NotificationCenter(props: NotificationCenterProps) {
  const { count = 'unseen', isOpen: isOpenThere, onOpenChange, onNavigate, ...inbox } = props;
  const [isOpenHere, setIsOpenHere] = useState(false);
  const isOpen = isOpenThere ?? isOpenHere;
  const [isShown, setIsShown] = useState(isOpen);
  if (isOpen && !isShown) setIsShown(true);
  const isInBrowser = useBrowser(() => true, false);
  const bell = useRef<HTMLButtonElement>(null);
  const id = useId();

  const change = useLatest((next: boolean) => {
    setIsOpenHere(next);
    onOpenChange?.(next);
  });
  const leave = useCallback(() => {
    change(false);
  }, [change]);
  const close = useCallback(() => {
    change(false);
    // While a sheet is open, this has no effect. The browser itself focuses the bell when the sheet
    // has closed.
    bell.current?.focus();
  }, [change]);
  const hide = useCallback(() => {
    setIsShown(false);
  }, []);
  return (
    <>
      <NotificationBell
        ref={bell}
        count={count}
        isOpen={isOpen}
        controls={id}
        onToggle={() => {
          bell.current?.focus(); // Safari does not focus a button that is clicked
          change(!isOpen);
        }}
      />
      {isShown && isInBrowser && (
        <Popover
          id={id}
          bell={bell}
          isOpen={isOpen}
          onClose={close}
          onLeave={leave}
          onGone={hide}
          onNavigate={onNavigate}
          inbox={inbox}
        />
      )}
    </>
  );
}
