import type { DemoWords } from './languages/es';

/** The languages of the demo, each a file in `languages/`. The inbox has the same languages. */
const FILES = import.meta.glob<DemoWords>('./languages/*.ts', { import: 'words', eager: true });

export const DEMO_LANGUAGES: ReadonlyMap<string, DemoWords> = new Map(
  Object.entries(FILES).map(([path, words]) => [path.replace(/^.*\/|\.ts$/g, ''), words]),
);
