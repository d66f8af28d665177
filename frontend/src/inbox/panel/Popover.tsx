import { useRef, type RefObject } from 'react';
import { useInboxContext } from '../hooks/inbox-context';
import { LaterAnswer, type Navigate } from '../ui/safe-link';
import { NotificationInbox } from './LazyInbox';
import { LeavingContext } from './leaving';
import type { NotificationInboxProps } from './NotificationInbox';
import styles from './popover.module.css';
import { useBackKey, useOutside, useSheetEvents, useSwipeDown } from './use-dismissal';
import { useIsSheet } from './use-is-sheet';
import { stepAside, useLeaving, usePlacement, useTopLayer } from './use-surface';

interface PopoverProps {
  readonly id: string;
  readonly bell: RefObject<HTMLElement | null>;
  /** False while the popover fades out. */
  readonly isOpen: boolean;
  /** Called when the shopper closes the popover: the focus goes back to the bell. */
  readonly onClose: () => void;
  /** Called when the shopper turns to something else: the focus stays where it is. */
  readonly onLeave: () => void;
  readonly onGone: () => void;
  readonly onNavigate: Navigate | undefined;
  /** The other props that the host has set for the inbox. */
  readonly inbox: Omit<NotificationInboxProps, 'id' | 'onClose' | 'onNavigate'>;
}

const follow = (href: string) => {
  location.assign(href);
};

/** The inbox in a popover at the bell; on a phone, in a sheet from the bottom. */
export function Popover(props: PopoverProps) {
  const { id, bell, isOpen, onClose, onLeave, onGone, onNavigate, inbox } = props;
  const { words } = useInboxContext();
  const surface = useRef<HTMLDialogElement>(null);
  const isSheet = useIsSheet();
  useTopLayer(surface, isSheet);
  usePlacement(surface, bell, isSheet);
  useLeaving(surface, isOpen, onGone);
  useOutside(surface, bell, isOpen, onClose, onLeave);
  useSheetEvents(surface, isSheet, onClose);
  useSwipeDown(surface, isSheet, onClose);
  const withoutEntry = useBackKey(isSheet && isOpen, onClose);

  // Close without motion, because what the host focuses on the next page must not be behind a
  // sheet.
  const leaveFor = (href: string) => {
    if ((onNavigate ?? follow)(href) === false) return false;
    if (surface.current?.matches(':focus-within')) bell.current?.focus();
    onLeave();
    onGone();
    return undefined;
  };
  const leaveSheetFor = (href: string) =>
    new LaterAnswer(
      withoutEntry(() => {
        const comeBack = stepAside(surface.current);
        bell.current?.focus(); // the host may then move the focus
        let answer: unknown = false;
        try {
          answer = leaveFor(href);
        } finally {
          if (answer === false) comeBack(); // also if the host throws
        }
        return answer;
      }),
    );
  return (
    <dialog
      ref={surface}
      popover="manual"
      className={styles.popover}
      data-sheet={isSheet}
      data-open={isOpen}
      aria-label={words('inbox.title')}
    >
      <LeavingContext.Provider value={!isOpen}>
        <NotificationInbox
          {...inbox}
          id={id}
          onClose={onClose}
          {...((onNavigate ?? isSheet) && { onNavigate: isSheet ? leaveSheetFor : leaveFor })}
        />
      </LeavingContext.Provider>
    </dialog>
  );
}
