import { defineConfig } from 'vite';
import { compactWords } from './dev/compact-words.ts';
import { forHosts } from './dev/for-hosts.ts';
import { shortCss } from './dev/isolate-css.ts';
import { plainElements } from './dev/plain-elements.ts';
import { plainStyles } from './dev/plain-styles.ts';
import { shortNames } from './dev/private-names.ts';
import { withoutFacades } from './dev/without-facades.ts';
import { withoutTestIds } from './dev/without-test-ids.ts';

/** Builds the library: ES modules and one style sheet. React comes from the host page. */
export default defineConfig({
  plugins: [
    withoutTestIds(),
    plainElements(),
    plainStyles(),
    compactWords(),
    withoutFacades(),
    forHosts(),
    shortNames(),
  ],
  css: shortCss,
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: 'dist-lib',
    sourcemap: true,
    lib: {
      entry: { index: 'src/inbox/index.ts', core: 'src/inbox/core.ts' },
      formats: ['es'],
      cssFileName: 'notification-inbox',
    },
    rolldownOptions: {
      external: /^react(-dom)?(\/|$)/,
      output: {
        // Without this, Vite does not remove the whitespace of ES libraries.
        minify: true,
        // No hash: a package has only one version of each chunk, and a hash makes imports longer.
        chunkFileNames: '[name].js',
        entryFileNames: '[name]-entry.js',
        // Large files compress better. So a page loads only two chunks at its start: the core,
        // which must not import React, and what the page shows first. The panel is a third chunk,
        // which the bell loads.
        codeSplitting: {
          groups: [
            {
              name: 'core',
              test: /\/inbox\/((domain|store|sync|transport)\/|inbox\.ts)/,
              priority: 1,
            },
            { name: 'index', test: /\/inbox\/(?!core)/, tags: ['$initial'] },
          ],
        },
      },
    },
  },
});
