import type { Plugin } from 'vite';

const TRANSPORTS = 'engine.io-client/build/esm/transports/index.js';

/**
 * Leave out the transports of engine.io-client other than WebSocket, because the inbox uses no
 * other. The build fails if engine.io-client has moved the file that lists them.
 */
export function websocketOnly(): Plugin {
  let isFound = false;
  return {
    name: 'websocket-only',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith(TRANSPORTS)) return null;
      isFound = true;
      return `import { WS } from './websocket.js'; export const transports = { websocket: WS };`;
    },
    buildEnd(error) {
      if (!error && !isFound)
        this.error(`engine.io-client has no ${TRANSPORTS} any more: adapt dev/websocket-only.ts`);
    },
  };
}
