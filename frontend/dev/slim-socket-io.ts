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

/** Methods that are never called: each attempt has one transport, and ours is the back-off. */
const EMPTIED: Readonly<Record<string, RegExp>> = {
  'engine.io-client/build/esm/socket.js': /^ {4}_probe\(name\) \{\n[^]*?\n {4}\}\n/m,
  'socket.io-client/build/esm/manager.js': /^ {4}reconnect\(\) \{\n[^]*?\n {4}\}\n/m,
};

const fileOf = (id: string) => id.split('?')[0]?.split('/node_modules/').at(-1) ?? '';

/**
 * Leave out the parts of socket.io-client that the inbox cannot use, which is a sixth of it. The
 * build fails where they are no longer as they are expected here.
 */
export function slimSocketIo(): Plugin {
  const missing = new Set([...Object.keys(REPLACED), ...Object.keys(EMPTIED)]);
  return {
    name: 'slim-socket-io',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      const file = fileOf(id);
      const method = EMPTIED[file];
      const original = method && readFileSync(id, 'utf8');
      if (REPLACED[file] !== undefined || (original && method.test(original))) missing.delete(file);
      // The line breaks stay, so that source maps hold.
      return method
        ? original?.replace(
            method,
            (found) => `${found.split('(')[0] ?? ''}() {}${found.replace(/./g, '')}`,
          )
        : REPLACED[file];
    },
    buildEnd(error) {
      if (!error && missing.size > 0)
        this.error(`Adapt dev/slim-socket-io.ts: it does not find ${[...missing].join(', ')}`);
    },
  };
}
