import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { isolatedCss } from './dev/isolate-css.ts';
import { shortNames } from './dev/private-names.ts';
import { withoutTestIds } from './dev/without-test-ids.ts';

/** Leave out the style sheet: the element's code contains the styles as text. */
const withoutCssFile: Plugin = {
  name: 'without-css-file',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const name of Object.keys(bundle))
      if (name.endsWith('.css')) Reflect.deleteProperty(bundle, name);
  },
};

/** Builds the web component, for pages without React: ES modules that import no other package. */
export default defineConfig({
  plugins: [withoutTestIds(), react(), shortNames(), withoutCssFile],
  css: isolatedCss,
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  resolve: {
    // Use Preact, which takes 5 kB. react-dom would take 60 kB.
    alias: [
      { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
      { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
      { find: /^react(-dom)?$/, replacement: 'preact/compat' },
    ],
  },
  build: {
    outDir: 'dist-lib/element',
    sourcemap: true,
    lib: { entry: { index: 'src/inbox/element/index.ts' }, formats: ['es'] },
    rolldownOptions: { output: { minify: true, chunkFileNames: '[name]-[hash].js' } },
  },
});
