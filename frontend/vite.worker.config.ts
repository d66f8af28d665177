import { defineConfig } from 'vite';
import { forHosts } from './dev/for-hosts.ts';

/** Builds the service worker: one script without imports, which hosts copy to their own site. */
export default defineConfig({
  plugins: [forHosts()],
  publicDir: false,
  build: {
    outDir: 'dist-lib',
    emptyOutDir: false,
    lib: {
      entry: { 'service-worker': 'src/inbox/push/service-worker.ts' },
      formats: ['es'],
    },
    rolldownOptions: { output: { minify: true } },
  },
});
