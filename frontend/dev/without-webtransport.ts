import type { Plugin } from 'vite';

const TRANSPORTS = 'engine.io-client/build/esm/transports/index.js';

/**
 * Leave out engine.io-client's transport over WebTransport, because delivery does not serve it.
 * The build fails if engine.io-client has moved the file that lists the transports.
 */
export function withoutWebTransport(): Plugin {
  let isFound = false;
  return {
    name: 'without-webtransport',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith(TRANSPORTS)) return null;
      isFound = true;
      return `
        import { XHR } from './polling-xhr.js';
        import { WS } from './websocket.js';
        export const transports = { polling: XHR, websocket: WS };
      `;
    },
    buildEnd(error) {
      if (!error && !isFound)
        this.error(
          `engine.io-client has no ${TRANSPORTS} any more: adapt dev/without-webtransport.ts`,
        );
    },
  };
}
