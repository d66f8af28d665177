import { readdirSync } from 'node:fs';
import type { CSSOptions } from 'vite';

/**
 * Gives a selector the specificity of three ids, without requiring them. A host's rule overrides
 * the inbox's only if its selector has at least as many ids, or if it is `!important`. The reset in
 * `ui/theme.css` has the specificity of two ids.
 */
const WEIGHT = ':not(#n#n#n)';

type PostcssPlugin = Exclude<NonNullable<CSSOptions['postcss']>, string>['plugins'];

/**
 * Keep the styles of the inbox and of its host apart. The class names of `src/inbox` begin with
 * `ninbox-`, so that `ui/theme.css` can select our elements. The selectors of `src/inbox` get the
 * specificity of ids. The build fails if a style would depend on the host's styles, or affect the
 * host.
 */
export const isolatedCss: CSSOptions = {
  modules: {
    generateScopedName(name, file) {
      const module = /([^/]+)\.module\.css/.exec(file)?.[1] ?? '';
      const prefix = file.includes('/src/inbox/') ? 'ninbox' : 'shop';
      return `${prefix}-${module}${name === module ? '' : `-${name}`}`;
    },
  },
  postcss: { plugins: [isolation()] },
};

const modules = readdirSync(new URL('../src/inbox/', import.meta.url), { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.module.css'))
  .toSorted();

/**
 * The same for the library, but with short class names: `ninbox-b2` is the third class in the
 * second style sheet. The names are short because hosts load each of them twice, in the styles and
 * in the code.
 */
export const shortCss: CSSOptions = {
  ...isolatedCss,
  modules: {
    generateScopedName(name, file, css) {
      const path = file.replace(/\?.*/, '');
      const sheet = modules.findIndex((module) => path.endsWith(`/src/inbox/${module}`));
      const classes = [...new Set(css.match(/(?<=\.|@keyframes )[a-z][\w-]*/gi))];
      if (sheet < 0 || !classes.includes(name)) throw new Error(`${file} has no class ${name}`);
      return `ninbox-${(sheet + 10).toString(36)}${classes.indexOf(name).toString(36)}`;
    },
  },
};

function isolation(): NonNullable<PostcssPlugin>[number] {
  const isOurs = (file = '') => /\/src\/inbox\/.*\.module\.css/.test(file);
  return {
    postcssPlugin: 'isolation',
    // Run after CSS modules, which would rename the id.
    OnceExit(root) {
      if (!isOurs(root.source?.input.file)) return;
      root.walkRules((rule) => {
        const { parent } = rule;
        const around = parent?.type === 'atrule' && 'name' in parent ? parent : undefined;
        if (around?.name === 'keyframes') return;
        if (rule.selector.includes(':hover') && !around?.params.includes('hover: hover'))
          throw rule.error('Put `:hover` in `@media (hover: hover)`: after a tap, it would stay.');
        rule.selectors = rule.selectors.map((selector) => {
          if (!selector.startsWith('.'))
            throw rule.error(
              'Begin the selector with a class: others would match the host’s page.',
            );
          return WEIGHT + selector;
        });
      });
    },
    Declaration(declaration) {
      if (!isOurs(declaration.source?.input.file)) return;
      if (/[\d.]rem\b/.test(declaration.value))
        throw declaration.error('Use `em`: the host may have set the size of `rem`.');
      if (declaration.value.includes('var(--inbox-') && !declaration.value.includes(','))
        throw declaration.error(
          'Use the names of ui/theme.css, such as `--_ink`: they have defaults.',
        );
    },
  };
}
