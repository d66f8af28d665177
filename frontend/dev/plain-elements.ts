import type { Plugin } from 'vite';

/**
 * Compile JSX to `createElement(type, props, ...children)`, which all versions of React have. It
 * compresses to fewer bytes than the newer `jsx(type, { ...props, children: [...children] })`.
 */
export function plainElements(): Plugin {
  return {
    name: 'plain-elements',
    enforce: 'pre',
    config: () => ({
      oxc: {
        jsx: { runtime: 'classic', pragma: '$element', pragmaFrag: '$Fragment', pure: false },
      },
    }),
    transform: {
      filter: { id: /\/src\/inbox\/.*\.tsx$/ },
      // Import at the end of the file, so that the lines of the source map do not move.
      handler: (code) => ({
        code: `${code}\nimport { createElement as $element, Fragment as $Fragment } from 'react';`,
        map: null,
      }),
    },
  };
}
