import type { Plugin } from 'vite';

/** Our import of a CSS module, whose classes are also exports of their own. */
const STYLES = /^import (?=\w+ from '\.[^']*\.module\.css')/gm;

/** Write the names of classes where they are used, instead of objects that the chunks share. */
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
    // The build drops the styles of a module that has no code left. The minifier removes this.
    name: 'keep-styles',
    transform: {
      order: 'post',
      filter: { id: /\.module\.css$/ },
      handler: (code) => ({ code: `${code}\n({}).css;`, map: null, moduleSideEffects: true }),
    },
  },
];
