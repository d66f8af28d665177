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
      // At the end of the file, where the import does not move the lines of the source map.
      handler: (code) => ({
        code: `${code}\nimport { createElement as $element, Fragment as $Fragment } from 'react';`,
        map: null,
      }),
    },
  };
}
