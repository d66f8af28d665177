import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { isolatedCss } from './dev/isolate-css.ts';
import { simulatedConsole } from './dev/simulated-console.ts';

/** The console's service, if one runs. Without it, `npm run dev:console` shows a simulation. */
const SERVICE = process.env.CONSOLE_URL;

/** The only file of `public/` that the page needs. The others belong to the demo. */
const favicon: Plugin = {
  name: 'favicon',
  generateBundle() {
    const source = readFileSync('public/favicon.svg');
    this.emitFile({ type: 'asset', fileName: 'favicon.svg', source });
  },
};

/** Builds the machine room: the page that `deploy/console` serves. */
export default defineConfig({
  plugins: [react(), favicon, ...(SERVICE === undefined ? [simulatedConsole()] : [])],
  css: isolatedCss,
  server: {
    host: 'localhost',
    port: 5174,
    open: false,
    proxy: SERVICE === undefined ? {} : { '/api': SERVICE },
  },
  build: {
    outDir: 'dist-console',
    copyPublicDir: false,
    // Do not inline assets: data: URLs would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { console: 'console.html' } },
  },
});
