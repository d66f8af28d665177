import type { Plugin } from 'vite';

const TRANSPORTS = 'engine.io-client/build/esm/transports/index.js';

/**
 * Leaves out the transports of engine.io-client that the contract rules out: only WebSocket is
 * spoken. The build fails where the library no longer has them there.
 */
export function websocketOnly(): Plugin {
  let isMet = false;
  return {
    name: 'websocket-only',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith(TRANSPORTS)) return null;
      isMet = true;
      return `import { WS } from './websocket.js'; export const transports = { websocket: WS };`;
    },
    buildEnd(error) {
      if (!error && !isMet)
        this.error('engine.io-client has its transports elsewhere now: see dev/websocket-only.ts');
    },
  };
}
