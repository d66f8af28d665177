import { type RefObject } from 'react';
import { useLayoutEffect } from '../hooks/use-layout-effect';
import { lockScroll } from './lock-scroll';
import { placeAt } from './place';

type Surface = RefObject<HTMLDialogElement | null>;

/**
 * Show the element above the page: as a modal sheet, or as a popover in the top layer, where no
 * `overflow` or `z-index` of the host affects it. A browser without popovers (Safari 16.4, Chrome
 * 111, Firefox 115) shows it outside the top layer.
 */
export function useTopLayer(surface: Surface, isSheet: boolean): void {
  useLayoutEffect(() => {
    const dialog = surface.current;
    if (!dialog) return;
    if (isSheet && 'showModal' in dialog) {
      const unlock = lockScroll();
      dialog.showModal();
      return () => {
        unlock();
        dialog.close();
      };
    }
    if (!('showPopover' in dialog)) {
      (dialog as HTMLDialogElement).setAttribute('open', '');
      return;
    }
    dialog.showPopover();
    return () => {
      dialog.hidePopover();
    };
  }, [surface, isSheet]);
}

/**
 * The `returnValue` of a sheet that has stepped aside, to distinguish it from one that was closed.
 */
export const ASIDE = 'aside';

/**
 * Hide a sheet while the host decides about a link, because the page behind a sheet is inert.
 * Returns a function that shows the sheet again as it was.
 */
export function stepAside(dialog: HTMLDialogElement | null): () => void {
  if (!dialog || !('showModal' in dialog)) return () => undefined;
  dialog.close(ASIDE);
  return () => {
    dialog.returnValue = '';
    dialog.dataset.still = 'true'; // no opening motion, because it has not moved
    dialog.showModal();
  };
}

/** Keep the popover at the bell, frame by frame: while the page scrolls, is resized, or moves. */
export function usePlacement(
  surface: Surface,
  bell: RefObject<HTMLElement | null>,
  isSheet: boolean,
): void {
  useLayoutEffect(() => {
    const dialog = surface.current;
    if (!dialog || isSheet) return;
    let frame = 0;
    let last = '';
    const follow = () => {
      frame = requestAnimationFrame(follow);
      const { clientWidth: width, clientHeight: height } = document.documentElement;
      const rect = bell.current?.getBoundingClientRect();
      const now = rect && [rect.left, rect.top, width, height].join();
      if (!rect || !now || now === last) return;
      last = now;
      moveTo(dialog, placeAt(rect, { width, height }));
    };
    follow();
    return () => {
      cancelAnimationFrame(frame);
      dialog.removeAttribute('style');
    };
  }, [surface, bell, isSheet]);
}

function moveTo(dialog: HTMLElement, place: ReturnType<typeof placeAt>): void {
  const { style } = dialog;
  style.inlineSize = `${place.width}px`;
  style.blockSize = `${place.height}px`;
  style.left = style.top = '0';
  // Outside the top layer, a transformed ancestor moves the origin of elements with `position:
  // fixed`.
  const isInTopLayer = 'showPopover' in HTMLElement.prototype;
  const origin = isInTopLayer ? { left: 0, top: 0 } : dialog.getBoundingClientRect();
  style.left = `${place.left - origin.left}px`;
  style.top = `${place.top - origin.top}px`;
}

/** Call `onGone` when the closing motion has ended, or at once if there is none. */
export function useLeaving(surface: Surface, isOpen: boolean, onGone: () => void): void {
  useLayoutEffect(() => {
    const dialog = surface.current;
    if (isOpen || !dialog) return;
    const motions = 'getAnimations' in dialog ? dialog.getAnimations() : [];
    if (motions.length === 0) {
      onGone();
      return;
    }
    let isWanted = true;
    void Promise.allSettled(motions.map(({ finished }) => finished)).then(() => {
      if (isWanted) onGone();
    });
    return () => {
      isWanted = false;
    };
  }, [surface, isOpen, onGone]);
}
