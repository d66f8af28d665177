import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { devConfig } from './dev/config-json.ts';
import { websocketOnly } from './dev/websocket-only.ts';

export default defineConfig({
  plugins: [react(), devConfig(), websocketOnly()],
  server: { host: 'localhost', port: 8080 },
  build: {
    // Assets inlined as data: URLs would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    // Without it, Vite injects a helper for browsers that all know modulepreload by now.
    modulePreload: { polyfill: false },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'dev/*.test.ts'],
    setupFiles: ['src/testing/setup.ts'],
    css: false,
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
