import { useCallback, useEffect, useRef, type RefObject } from 'react';
import { listen } from '../transport/listen';
import { addHistoryEntry } from './history-entry';
import { ASIDE } from './use-surface';

type Ref = RefObject<HTMLElement | null>;

/** How far the sheet must be dragged, in pixels, to close. */
const SWIPED = 80;

const isIn = (event: Event, ...refs: readonly Ref[]) => {
  const path = event.composedPath(); // also through shadow roots
  return refs.some(({ current }) => current !== null && path.includes(current));
};

/**
 * Call `onClose` on Escape, and `onLeave` when the pointer or the focus goes anywhere but the
 * surface and the bell.
 */
export function useOutside(
  surface: Ref,
  bell: Ref,
  isOpen: boolean,
  onClose: () => void,
  onLeave: () => void,
): void {
  useEffect(() => {
    if (!isOpen) return;
    const leave = (event: Event) => {
      if (!isIn(event, surface, bell)) onLeave();
    };
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      onClose();
    };
    const endLeaving = listen(document, { pointerdown: leave, focusin: leave }, true);
    const endClosing = listen(document, { keydown: closeOnEscape });
    return () => {
      endLeaving();
      endClosing();
    };
  }, [surface, bell, isOpen, onClose, onLeave]);
}

/** Call `onClose` when the shopper taps beside the sheet, or when the browser closes it. */
export function useSheetEvents(
  surface: RefObject<HTMLDialogElement | null>,
  isSheet: boolean,
  onClose: () => void,
): void {
  useEffect(() => {
    const dialog = surface.current;
    if (!dialog || !isSheet) return;
    return listen(dialog, {
      click: ({ target, clientX: x, clientY: y }: MouseEvent) => {
        // A click on the backdrop has the dialog as its target.
        const { top, left, right } = dialog.getBoundingClientRect();
        if (target === dialog && (y < top || x < left || x > right)) onClose();
      },
      cancel: (event: Event) => {
        event.preventDefault(); // the sheet closes after its motion
        onClose();
      },
      close: () => {
        if (!dialog.open && dialog.returnValue !== ASIDE) onClose();
      },
    });
  }, [surface, isSheet, onClose]);
}

/**
 * Let a finger drag the sheet down by its header, and call `onClose` if it is dragged far enough.
 */
export function useSwipeDown(surface: Ref, isSheet: boolean, onClose: () => void): void {
  useEffect(() => {
    const sheet = surface.current;
    if (!sheet || !isSheet) return;
    let start: number | undefined;
    let distance = 0;
    const begin = (event: PointerEvent) => {
      const isInList = event.target instanceof Element && event.target.closest('[role=tabpanel]');
      if (event.isPrimary && event.pointerType !== 'mouse' && !isInList) start = event.clientY;
      distance = 0;
    };
    const drag = (event: PointerEvent) => {
      if (start === undefined) return;
      distance = Math.max(0, event.clientY - start);
      sheet.style.translate = `0 ${distance}px`;
    };
    const end = () => {
      if (distance > SWIPED && start !== undefined) onClose();
      else sheet.style.translate = '';
      start = undefined;
    };
    return listen(sheet, {
      pointerdown: begin,
      pointermove: drag,
      pointerup: end,
      pointercancel: end,
    });
  }, [surface, isSheet, onClose]);
}

/**
 * While the sheet is open, let the phone's Back key close it.
 *
 * Returns a function that calls `navigate` after the sheet's entry was removed from the history;
 * see `addHistoryEntry`. If `navigate` returns false or throws, the host has not left the page, and
 * the entry is added again.
 */
export function useBackKey(
  isOpen: boolean,
  onClose: () => void,
): (navigate: () => unknown) => Promise<unknown> {
  const remove = useRef<() => Promise<void>>(undefined);
  useEffect(() => {
    if (!isOpen) return;
    remove.current = addHistoryEntry(onClose);
    return () => {
      void remove.current?.();
      remove.current = undefined;
    };
  }, [isOpen, onClose]);
  return useCallback(
    async (navigate) => {
      await remove.current?.();
      let answer: unknown = false;
      try {
        answer = navigate();
      } finally {
        if (answer === false && remove.current) remove.current = addHistoryEntry(onClose);
      }
      return answer;
    },
    [onClose],
  );
}
