import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { websocketOnly } from './dev/websocket-only.ts';

/** The library: ES modules with their own styles in one file; React is the host's. */
export default defineConfig({
  plugins: [react(), websocketOnly()],
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: 'dist-lib',
    target: 'es2022',
    lib: {
      entry: { index: 'src/inbox/index.ts', core: 'src/inbox/core.ts' },
      formats: ['es'],
      cssFileName: 'notification-inbox',
    },
    rolldownOptions: {
      external: ['react', 'react/jsx-runtime', 'react-dom'],
      // Vite leaves the whitespace of ES modules in libraries alone.
      output: {
        minify: true,
        chunkFileNames: '[name]-[hash].js',
        // Apart, so that its size and ours are known.
        codeSplitting: { groups: [{ name: 'socket.io', test: /node_modules/ }] },
      },
    },
  },
});
