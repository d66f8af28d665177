import { minify } from 'terser';
import type { Plugin } from 'vite';

/**
 * Marks on calls that bundlers know to be pure. Spaces replace the marks, so that the source map
 * stays valid.
 */
const KNOWN_AS_PURE = /\/\* @__PURE__ \*\/(?= ?(new (Set|Map)\b|\(?new Date|Error\(|["`]))/g;
const BLANK = ' '.repeat('/* @__PURE__ */'.length);

/**
 * Make the chunks ready for hosts: mark the entries that use React with `'use client'`, so that
 * server components may import them, and minify all chunks further than Vite does. The core gets no
 * mark, so that servers can use its constants.
 */
export function forHosts(): Plugin {
  return {
    name: 'for-hosts',
    outputOptions: (options) => ({
      ...options,
      postBanner: ({ name }) => (name === 'index' ? "'use client';" : ''),
    }),
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk') {
            // Vite marks the end of each style sheet.
            if (chunk.fileName.endsWith('.css'))
              chunk.source = String(chunk.source).replace(/\n\/\*\$vite\$:\d+\*\/$/, '');
            continue;
          }
          const sourceMap = bundle[`${chunk.fileName}.map`];
          const isMapped = sourceMap?.type === 'asset';
          const { code = '', map } = await minify(chunk.code.replaceAll(KNOWN_AS_PURE, BLANK), {
            module: true,
            ecma: 2020,
            // Vite has already joined statements and shortened names. Doing so again adds bytes.
            compress: {
              passes: 3,
              directives: false,
              sequences: false,
              if_return: false,
              hoist_funs: true,
              unsafe_arrows: true, // unsafe only if functions are called with `new`
              unsafe: true, // unsafe only if built-in functions are replaced, or print symbols
            },
            mangle: false,
            // A host's bundler needs the annotations to drop components that the host does not use.
            format: { preserve_annotations: true },
            sourceMap: isMapped && {
              content: String(sourceMap.source),
              url: `${chunk.fileName}.map`,
            },
          });
          chunk.code = `${code}\n`;
          if (isMapped && typeof map === 'string') sourceMap.source = map;
        }
      },
    },
  };
}
