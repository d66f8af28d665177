import type { DemoWords } from './languages/es';

/** The demo's languages, each a file in `languages/`; there is one here for each of the inbox's. */
const FILES = import.meta.glob<DemoWords>('./languages/*.ts', { import: 'words', eager: true });

export const DEMO_LANGUAGES: ReadonlyMap<string, DemoWords> = new Map(
  Object.entries(FILES).map(([path, words]) => [path.replace(/^.*\/|\.ts$/g, ''), words]),
);
