import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { StrictMode } from 'react';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { App } from '../demo/App';
import { Backend } from './backend';
import { stop } from './http';
import { startShop, type Shop } from './shop';

// A test file that imports this module gets a new backend and a new shop for each test.
export let backend: Backend;
export let shop: Shop;

/** Let the browser prefer these languages. */
export function speak(...languages: string[]): void {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue(languages[0] ?? '');
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages);
}

beforeEach(async () => {
  backend = await Backend.start();
  shop = await startShop(backend);
  localStorage.clear();
  speak('es-ES', 'es');
  window.history.replaceState(null, '', '/');
  // jsdom has no media queries, and no server at the page's origin that could serve /config.json.
  const realFetch = fetch;
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
    url === '/config.json'
      ? Promise.resolve(
          Response.json({ apiUrl: backend.url, socketUrls: [backend.url], shopUrl: shop.url }),
        )
      : realFetch(url, init),
  );
  vi.stubGlobal('matchMedia', () => ({
    matches: false,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  }));
});

afterEach(async () => {
  cleanup(); // unmount first: components that load late still need the stubs
  vi.unstubAllGlobals();
  await Promise.all([backend.stop(), stop(shop.server)]);
});

export const open = () =>
  render(
    <StrictMode>
      <App worker={Promise.resolve()} />
    </StrictMode>,
  );

export async function signIn(): Promise<void> {
  await userEvent.click(await screen.findByTestId('sign-in-ana'));
  await waitFor(() => {
    expect(screen.getByTestId('connection-state')).toHaveAttribute('data-state', 'online');
  });
}
