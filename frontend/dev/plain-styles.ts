import type { Plugin } from 'vite';

/** An import of a CSS module. The module also exports each class by its own name. */
const STYLES = /^import (?=\w+ from '\.[^']*\.module\.css')/gm;

/** Write each class name where it is used. Otherwise the chunks would share objects of names. */
export const plainStyles = (): Plugin[] => [
  {
    name: 'plain-styles',
    enforce: 'pre',
    config: () => ({
      build: { rolldownOptions: { optimization: { inlineConst: { mode: 'all' } } } },
    }),
    transform: {
      filter: { id: /\/src\/inbox\/.*\.tsx$/ },
      handler: (code) => ({ code: code.replaceAll(STYLES, 'import * as '), map: null }),
    },
  },
  {
    // If no code of a CSS module is left, the build drops its styles. So add a statement, which the
    // minifier removes later.
    name: 'keep-styles',
    transform: {
      order: 'post',
      filter: { id: /\.module\.css$/ },
      handler: (code) => ({ code: `${code}\n({}).css;`, map: null, moduleSideEffects: true }),
    },
  },
];
