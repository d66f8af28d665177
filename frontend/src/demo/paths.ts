/** The path of an order, or of its page to pay or to review it. */
export const ORDER_PATH = /^\/orders\/([^/]+)(?:\/(payment|review))?\/?$/;

const OTHERS = new Set(['/', '/orders', '/offers', '/account/security']);

/** Return the path without a slash at its end. */
export const plainPath = (path: string) => path.replace(/(.)\/$/, '$1');

/** Return whether the shop has a page at this path. */
export const hasPage = (path: string) => OTHERS.has(plainPath(path)) || ORDER_PATH.test(path);
