import type { Plugin } from 'vite';

/**
 * Compile JSX to `createElement(type, props, ...children)`, which packs into fewer bytes than the
 * newer `jsx(type, { ...props, children: [...children] })`. All versions of React have it.
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
      // At the end, where it keeps the lines of the source map.
      handler: (code) => ({
        code: `${code}\nimport { createElement as $element, Fragment as $Fragment } from 'react';`,
        map: null,
      }),
    },
  };
}
