import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// The layers of the inbox, lowest first. A layer is a folder, and imports only from those below it.
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
  'element',
];
const LAYERS = [...CORE, ...REACT];

const noReact = {
  group: ['react', 'react-dom', 'react/*'],
  message: 'The core of the inbox is plain TypeScript, without React.',
};

// Hosts may have React 18.2.
const sinceReact19 = {
  name: 'react',
  importNames: [
    'Activity',
    'ViewTransition',
    'cache',
    'use',
    'useActionState',
    'useEffectEvent',
    'useOptimistic',
  ],
  message: 'React 18.2 does not have this.',
};
const withoutServer = {
  name: 'react',
  importNames: ['useLayoutEffect'],
  message: 'React 18 warns of it on a server: import it from hooks/use-layout-effect.ts.',
};
const OF_REACT_19 = [
  {
    selector: "JSXOpeningElement[name.type='JSXIdentifier'][name.name=/Context$/]",
    message: 'React 18 needs <SomeContext.Provider>.',
  },
  {
    selector: "TSPropertySignature[key.name='ref'], ObjectPattern > Property[key.name='ref']",
    message: 'React 18 gives no `ref` as a prop: use forwardRef.',
  },
];

const onlyFromBelow = LAYERS.map((layer, index) => {
  const above = LAYERS.slice(index + 1);
  const root = layer === 'inbox' ? '\\.' : '\\.\\.';
  const imported = {
    regex: `^${root}/(${[...above, 'index', 'core'].join('|')})(/|$)`,
    message: `${layer}/ imports only from the layers below it (LAYERS in eslint.config.js).`,
  };
  return {
    files: [layer === 'inbox' ? 'src/inbox/inbox.ts' : `src/inbox/${layer}/**`],
    ignores: ['**/*.test.*', 'src/inbox/hooks/use-layout-effect.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [sinceReact19, withoutServer],
          patterns: CORE.includes(layer) ? [imported, noReact] : [imported],
        },
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
  { ignores: ['dist', 'dist-lib', 'node_modules'] },
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
    files: ['src/inbox/**'],
    ignores: ['**/*.test.*'],
    rules: { 'no-restricted-syntax': ['error', ...OF_REACT_19] },
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
