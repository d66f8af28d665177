import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { devConfig, devProxy } from './dev/config-json.ts';
import { isolatedCss } from './dev/isolate-css.ts';
import { shortNames } from './dev/private-names.ts';

/** Tests that need no DOM. For each file, starting jsdom would take longer than its tests. */
const WITHOUT_PAGE = [
  'dev/*.test.ts',
  'src/console/model/*.test.ts',
  'src/inbox/alerts/tone.test.ts',
  'src/inbox/{item,store,words}/*.test.ts',
  'src/inbox/list/day-groups.test.ts',
  'src/inbox/panel/place.test.ts',
  'src/inbox/server.test.tsx',
  'src/inbox/toasts/move-aside.test.ts',
  'src/inbox/transport/{inbox-api,tokens,transport,transports}.test.ts',
];

export default defineConfig({
  // The demo also gets the library's short names, so that the tests in a browser check them.
  plugins: [react(), devConfig(), shortNames()],
  css: isolatedCss,
  server: { host: 'localhost', port: 5173, proxy: devProxy },
  build: {
    // Do not inline assets: data: URLs would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    // Inject no polyfill: all supported browsers know modulepreload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/demo/service-worker.ts' },
      output: {
        // A service worker needs a fixed address, and its folder limits which pages it may serve.
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js',
      },
    },
  },
  test: {
    testTimeout: 20_000,
    // Many tests wait for timers, so three workers keep two cores busy. The default would be one.
    maxWorkers: 3,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: { name: 'node', environment: 'node', include: WITHOUT_PAGE },
      },
      {
        extends: true,
        test: {
          name: 'jsdom',
          environment: 'jsdom',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: WITHOUT_PAGE,
          setupFiles: ['src/testing/setup.ts'],
          css: false,
        },
      },
    ],
  },
});
