import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// The rooms of the inbox, lowest first. A room imports only from those below it.
const CORE = ['domain', 'transport', 'store', 'sync', 'inbox'];
const REACT = [
  'words',
  'hooks',
  'ui',
  'connection',
  'item',
  'list',
  'toasts',
  'alerts',
  'panel',
  'provider',
];
const ROOMS = [...CORE, ...REACT];

const noReact = {
  group: ['react', 'react-dom', 'react/*'],
  message: 'The core of the inbox is plain TypeScript, without React.',
};

const onlyFromBelow = ROOMS.map((room, index) => {
  const above = ROOMS.slice(index + 1);
  const root = room === 'inbox' ? '\\.' : '\\.\\.';
  const imported = {
    regex: `^${root}/(${[...above, 'index', 'core'].join('|')})(/|$)`,
    message: `${room}/ imports only from the rooms below it (ROOMS in eslint.config.js).`,
  };
  return {
    files: [room === 'inbox' ? 'src/inbox/inbox.ts' : `src/inbox/${room}/**`],
    ignores: ['**/*.test.*'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: CORE.includes(room) ? [imported, noReact] : [imported] },
      ],
    },
  };
});

const onlyThePublicInbox = {
  patterns: [
    {
      regex: '/inbox/.+',
      message: 'The demo imports from inbox/index.ts alone, as another team would.',
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
  ...onlyFromBelow,
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
