// For the pages in ../tests/hosts. Run it in the repository's folder, because ESLint reads only
// files below the folder that it runs in.
import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const HOSTS = 'tests/hosts';

export default tseslint.config(
  js.configs.recommended,
  {
    files: [`${HOSTS}/**/*.{jsx,tsx}`],
    extends: [reactHooks.configs.flat['recommended-latest']],
    languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } },
  },
  // Lint without types: they come from the package, which is installed only in the built hosts.
  { files: [`${HOSTS}/**/*.tsx`], extends: [tseslint.configs.strict] },
  { ignores: ['**/build.js', '**/next.config.js'], languageOptions: { globals: globals.browser } },
  { files: [`${HOSTS}/build.js`], languageOptions: { globals: globals.node } },
  {
    files: ['**/next.config.js'],
    languageOptions: { globals: globals.node, sourceType: 'commonjs' },
  },
);
