import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const NO_CODEC = `throw new Error('there is no binary data')`;

/** What takes the place of these files. */
const REPLACED: Readonly<Record<string, string>> = {
  // Delivery does not serve WebTransport.
  'engine.io-client/build/esm/transports/index.js': `
    import { XHR } from './polling-xhr.js';
    import { WS } from './websocket.js';
    export const transports = { polling: XHR, websocket: WS };
  `,
  // Our events are JSON.
  'socket.io-parser/build/esm/binary.js': `
    export const deconstructPacket = () => { ${NO_CODEC}; };
    export const reconstructPacket = deconstructPacket;
  `,
  'socket.io-parser/build/esm/is-binary.js': `
    export const isBinary = () => false;
    export const hasBinary = isBinary;
  `,
  'engine.io-parser/build/esm/contrib/base64-arraybuffer.js': `
    export const decode = () => { ${NO_CODEC}; };
  `,
  // src/inbox/transport/connection.ts reconnects, with `reconnection: false`.
  'socket.io-client/build/esm/contrib/backo2.js': `
    export class Backoff { attempts = 0; reset() {} setMin() {} setMax() {} setJitter() {} }
  `,
};

/** Methods that are never called, or have nothing to do for us. */
const EMPTIED: Readonly<Record<string, readonly string[]>> = {
  // Each attempt has one transport.
  'engine.io-client/build/esm/socket.js': ['_probe'],
  // The back-off is ours.
  'socket.io-client/build/esm/manager.js': ['reconnect', 'onreconnect', 'maybeReconnectOnOpen'],
  // The option `retries`, and listeners to all events.
  'socket.io-client/build/esm/socket.js': [
    '_addToQueue',
    '_drainQueue',
    'compress',
    'onAny',
    'prependAny',
    'offAny',
    'listenersAny',
    'onAnyOutgoing',
    'prependAnyOutgoing',
    'offAnyOutgoing',
    'listenersAnyOutgoing',
    'notifyOutgoingListeners',
  ],
  'socket.io-parser/build/esm/index.js': [
    'encodeAsBinary',
    'takeBinaryData',
    'finishedReconstruction',
  ],
};

const methodOf = (name: string) =>
  new RegExp(`^ {4}${name}\\([^)]*\\) \\{\\n[^]*?\\n {4}\\}\\n`, 'm');

const fileOf = (id: string) => id.split('?')[0]?.split('/node_modules/').at(-1) ?? '';

/**
 * Leave out the parts of socket.io-client that the inbox cannot use, which is a tenth of it. The
 * build fails where they are no longer as they are expected here.
 */
export function slimSocketIo(): Plugin {
  const missing = new Set([...Object.keys(REPLACED), ...Object.values(EMPTIED).flat()]);
  return {
    name: 'slim-socket-io',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      const file = fileOf(id);
      const methods = EMPTIED[file];
      if (!methods) {
        missing.delete(file);
        return REPLACED[file];
      }
      return methods.reduce(
        (code, name) => {
          if (methodOf(name).test(code)) missing.delete(name);
          // The line breaks stay, so that source maps hold.
          return code.replace(
            methodOf(name),
            (method) => `${name}() {}${method.replace(/./g, '')}`,
          );
        },
        readFileSync(id, 'utf8'),
      );
    },
    buildEnd(error) {
      if (!error && missing.size > 0)
        this.error(`Adapt dev/slim-socket-io.ts: it does not find ${[...missing].join(', ')}`);
    },
  };
}
