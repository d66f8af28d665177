import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const noReactInTheCore = {
  patterns: [
    {
      group: ['react', 'react-dom', 'react/*', '../hooks/*', '../components/*'],
      message: 'The core (transport and store) is plain TypeScript.',
    },
  ],
};

const onlyThePublicInbox = {
  patterns: [
    {
      regex: '/inbox/.+',
      message: 'The demo uses the inbox as another team would: from inbox/index.ts.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist', 'dist-lib', 'node_modules', 'dev/consumer/*.tsx'] },
  js.configs.recommended,
  { files: ['*.js', 'dev/**/*.js'], languageOptions: { globals: globals.node } },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true }, globals: globals.browser },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines': ['error', 350],
      'max-lines-per-function': ['error', { max: 70, skipComments: true }],
      complexity: ['error', 10],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.tsx', 'src/**/use-*.ts'],
    extends: [reactHooks.configs.flat['recommended-latest'], jsxA11y.flatConfigs.strict],
  },
  {
    files: ['src/inbox/transport/**', 'src/inbox/store/**', 'src/inbox/sync/**', 'src/inbox/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', noReactInTheCore] },
  },
  {
    files: ['src/demo/**'],
    ignores: ['**/*.test.*'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', onlyThePublicInbox] },
  },
  {
    files: ['**/*.test.{ts,tsx}'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
