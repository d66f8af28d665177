import css from '@eslint/css';
import js from '@eslint/js';
import baselineJs from 'eslint-plugin-baseline-js';
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
  'preferences',
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

// README.md promises Safari 16.4, Chrome 111 and Firefox 115. All three have what every browser had
// at the end of 2022 ("Baseline 2022"), and these:
const ALSO_IN_BROWSERS = {
  features: ['abortsignal-timeout', 'constructed-stylesheets', 'inert'],
  functions: ['color-mix'],
  properties: ['outline', 'overscroll-behavior'],
};
// Not in all three. Where a browser lacks them, the inbox does without.
const NOT_NEEDED = { features: ['notifications', 'popover'], properties: ['text-wrap'] };
// Newer members of old classes. `baseline-js` does not know them.
const TOO_NEW = ['URL.parse', 'URL.canParse', 'Response.json', 'ReadableStream.from'].map(
  (name) => {
    const [object, property] = name.split('.');
    return { object, property, message: 'Safari 16.4 does not have this.' };
  },
);

const onlyFromBelow = LAYERS.map((layer, index) => {
  const above = LAYERS.slice(index + 1);
  const root = layer === 'inbox' ? '\\.' : '\\.\\.';
  const imported = {
    regex: `^${root}/(${[...above, 'index', 'core'].join('|')})(/|$)`,
    message: `${layer}/ imports only from the layers below it (LAYERS in eslint.config.js).`,
  };
  return {
    files: [layer === 'inbox' ? 'src/inbox/inbox.ts' : `src/inbox/${layer}/**/*.{ts,tsx}`],
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

const nothingOfAPage = {
  patterns: [
    {
      regex: '/(inbox|demo|console)/',
      message: 'The chrome is below the pages: it imports nothing of them.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist', 'dist-console', 'dist-lib', 'node_modules'] },
  { files: ['**/*.{js,ts,tsx}'], extends: [js.configs.recommended] },
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
    files: ['src/inbox/**/*.{ts,tsx}'],
    ignores: ['**/*.test.*'],
    rules: { 'no-restricted-syntax': ['error', ...OF_REACT_19] },
  },
  {
    files: ['src/inbox/**/*.{ts,tsx}'],
    ignores: ['**/*.test.*'],
    plugins: { 'baseline-js': baselineJs },
    rules: {
      'baseline-js/use-baseline': [
        'error',
        {
          available: 2022,
          includeWebApis: { preset: 'type-aware' },
          includeJsBuiltins: { preset: 'type-aware' },
          ignoreFeatures: [...ALSO_IN_BROWSERS.features, ...NOT_NEEDED.features],
        },
      ],
      'no-restricted-properties': ['error', ...TOO_NEW],
    },
  },
  {
    files: ['src/inbox/**/*.css'],
    plugins: { css },
    language: 'css/css',
    languageOptions: { tolerant: true },
    rules: {
      'css/use-baseline': [
        'error',
        {
          available: 2022,
          allowFunctions: ALSO_IN_BROWSERS.functions,
          allowProperties: [...ALSO_IN_BROWSERS.properties, ...NOT_NEEDED.properties],
        },
      ],
    },
  },
  {
    files: ['src/demo/**/*.{ts,tsx}'],
    ignores: ['**/*.test.*'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', onlyThePublicInbox] },
  },
  {
    files: ['src/chrome/**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', nothingOfAPage] },
  },
  {
    files: ['**/*.test.{ts,tsx}'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
