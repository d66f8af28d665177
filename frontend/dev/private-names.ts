import { minify } from 'terser';
import type { Plugin } from 'vite';

/**
 * The properties that only our own code reads. Do not add one that a host, a server, the storage or
 * another tab sees. `dev/private-names.test.ts` checks that none is a field of the APIs, and that
 * none is quoted in our code.
 */
export const PRIVATE_NAMES = [
  // the store
  ...[
    'sinceRequest',
    'earlyChanges',
    'areCountsUncertain',
    'overtaken',
    'lastChangeAt',
    'generation',
  ],
  ...['reaches', 'arrived', 'allRead', 'allSeen', 'readUpTo', 'seenUpTo', 'nextCursor', 'lastId'],
  ...['base', 'uncounted', 'below', 'changeStatus', 'clearProblem', 'receive'],
  ...['applyInboxEvent', 'beginRequest', 'applyPage'],
  // the connection and the API
  ...['onRefused', 'onEnd', 'onEvent', 'onSilent', 'onState', 'onNotifications'],
  ...['onText', 'onWritten', 'onFailure', 'onSubject', 'onAdopted', 'onDone'],
  ...[
    'onWaiting',
    'onAddition',
    'reloadLists',
    'packetCount',
    'retryAfter',
    'isFinal',
    'isRetryable',
    'expiry',
  ],
  ...['issued', 'renewIn', 'renewToken', 'hasten', 'accepted', 'learn', 'health', 'moveOn'],
  ...['worked', 'perform', 'pushKey', 'handlers', 'whenGone', 'runAlone', 'areSupported'],
  // the components
  ...['focusRequest', 'currentId', 'scroller', 'roving', 'freshIds', 'isFresh', 'chunks', 'isNear'],
  ...['titleId', 'dotId', 'headingId', 'panelId', 'labelledBy', 'idOf', 'isRead'],
  ...['isCut', 'isUnfolded', 'isCover', 'isCritical', 'isBroken', 'isReady', 'isSoundSupported'],
  ...['onRead', 'onToggleRead', 'onToggleArchived', 'onUnfold', 'onUndo', 'onGone', 'onLost'],
  ...['onLeave', 'onEmpty', 'onDismiss', 'setDesktop', 'setSound', 'closeUnless', 'closeAll'],
  ...['fault', 'isTabStop', 'isInert'],
];

const LETTERS = 'abcdefghijklmnopqrstuvwzABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
/** The short names. `x` and `y` are left out, because our code reads coordinates. */
const SHORT = [
  ...LETTERS,
  ...LETTERS.map((letter) => `${letter}_`),
  ...LETTERS.map((l) => `_${l}`),
];

const props = Object.fromEntries(PRIVATE_NAMES.map((name, index) => [`$${name}`, SHORT[index]]));
const regex = new RegExp(`^(${PRIVATE_NAMES.join('|')})$`);

// The annotation before each call that creates an element. We create elements only inside functions,
// where it is of no use to a host's bundler. Spaces replace it, so that the columns of the source map
// stay the same.
const PURE_ELEMENT = /\/\* @__PURE__ \*\/(?= _?jsxs?\()/g;

/** Return the code of one of our modules, with short names instead of the private names. */
export async function withShortNames(code: string) {
  const plain = code.replaceAll(PURE_ELEMENT, (mark) => ' '.repeat(mark.length));
  const { code: short = '', map } = await minify(plain, {
    module: true,
    compress: false,
    mangle: { properties: { regex } },
    nameCache: { props: { props: { ...props } } },
    format: { preserve_annotations: true },
    sourceMap: { asObject: true },
  });
  return { code: short, map: map as { mappings: string } };
}

/**
 * Give the private properties short names. By default, a minifier shortens only names of variables,
 * because it cannot know which properties other code uses.
 */
export function shortNames(): Plugin {
  return {
    name: 'short-names',
    apply: 'build',
    transform: {
      order: 'post',
      filter: { id: /\/src\/inbox\/.*\.tsx?$/ },
      handler: withShortNames,
    },
  };
}
