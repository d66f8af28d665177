import { fireEvent, render } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { useMoveAside } from './use-move-aside';

let resize: () => void = () => undefined;

class OneObserver {
  constructor(callback: () => void) {
    resize = callback;
  }
  /** Report the size once at the beginning too, as a browser does. */
  readonly observe = () => {
    resize();
  };
  readonly disconnect = vi.fn();
}

function Region({ isEmpty = false }: { readonly isEmpty?: boolean }) {
  const region = useRef<HTMLElement>(null);
  useMoveAside(region);
  return (
    <section ref={region} data-testid="region">
      {!isEmpty && <p />}
    </section>
  );
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('moves off the bell once the toasts that fade out after a burst leave room', () => {
  vi.stubGlobal('ResizeObserver', OneObserver);
  let height = 800; // toasts that fade out fill the page, which is 768 pixels high
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (
    this: HTMLElement,
  ) {
    const isBell = 'inboxBell' in this.dataset;
    return isBell ? new DOMRect(300, 10, 44, 44) : new DOMRect(16, 12, 358, height);
  });
  const { getByTestId } = render(
    <>
      <button type="button" data-inbox-bell />
      <Region />
    </>,
  );
  const { style } = getByTestId('region');
  expect(style.translate).toBe('0 0px');
  height = 200;
  resize();
  expect(style.translate).toBe('0 50px');
});

it.each([
  ['on the page', () => document.body],
  ['on a toast that fades out', (region: HTMLElement) => region],
])('moves a new toast off the last tap, %s, before the browser draws', (_, target) => {
  const place = new DOMRect(16, 12, 358, 80);
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(place);
  const { getByTestId, rerender } = render(<Region isEmpty />);
  const tap = { bubbles: true, clientX: 100, clientY: 50 };
  fireEvent(target(getByTestId('region')), new MouseEvent('pointerdown', tap));
  rerender(<Region />);
  expect(getByTestId('region').style.translate).toBe('0 70px');
});
