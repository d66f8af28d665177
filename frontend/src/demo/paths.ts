/** The paths of orders, and of what can be done about one. */
export const ORDER_PATH = /^\/orders\/([^/]+)(?:\/(payment|review))?\/?$/;

const OTHERS = new Set(['/', '/orders', '/offers', '/account/security']);

/** Return the path without a slash at its end. */
export const plainPath = (path: string) => path.replace(/(.)\/$/, '$1');

/** Return whether the shop has a page of this path. */
export const hasPage = (path: string) => OTHERS.has(plainPath(path)) || ORDER_PATH.test(path);
