/** The page's address. While a server renders the page, there is none. */
const base = () => (typeof location === 'undefined' ? 'http://localhost' : location.href);

/**
 * Read an address of the host's configuration, which may be relative to the page. Throws a
 * `TypeError` that names the option.
 */
function read(option: string, value: unknown, schemes: RegExp): URL {
  let url: URL | undefined;
  try {
    if (typeof value === 'string' && value.trim() !== '') url = new URL(value, base());
  } catch {
    // The error below says what is wrong.
  }
  if (!url || !schemes.test(url.protocol) || url.username || url.hash)
    throw new TypeError(
      `\`${option}\` must be an http or https address, such as https://shop.example/notify or /notify, and not ${JSON.stringify(value)}`,
    );
  return url;
}

const withoutSlash = (path: string) => path.replace(/\/+$/, '');

/** Return the address of the producer API, without a slash at the end. */
export function apiAddress(apiUrl: string): string {
  const { origin, pathname, search } = read('apiUrl', apiUrl, /^https?:$/);
  if (search) throw new TypeError(`\`apiUrl\` must not have a query: ${JSON.stringify(apiUrl)}`);
  return origin + withoutSlash(pathname);
}

export interface SocketAddress {
  /** The origin, with the query if there is one. */
  readonly url: string;
  /** The path of Socket.IO, in which `/socket.io` follows the prefix of a proxy. */
  readonly path: string;
  /** An address that a browser can fetch to find out whether the server answers. */
  readonly health: string;
}

/**
 * Return where an instance of delivery is. The path of `socketUrl` is the prefix under which a
 * proxy serves the instance; socket.io itself would take it for a namespace. `socketPath` replaces
 * the path.
 */
export function socketAddress(socketUrl: string, socketPath?: string): SocketAddress {
  const { protocol, host, pathname, search } = read('socketUrl', socketUrl, /^(http|ws)s?:$/);
  if (socketPath !== undefined && !socketPath.startsWith('/'))
    throw new TypeError(`\`socketPath\` must begin with a slash: ${JSON.stringify(socketPath)}`);
  const path = socketPath ?? `${withoutSlash(pathname).replace(/\/socket\.io$/, '')}/socket.io`;
  const origin = `${protocol.replace('ws', 'http')}//${host}`;
  return {
    url: origin + search,
    path,
    health: `${origin}${path.replace(/\/socket\.io\/?$/, '')}/healthz`,
  };
}
