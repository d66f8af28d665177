import { runnerImport, type Plugin } from 'vite';
import { words as spanish, type InboxWords } from '../src/inbox/words/languages/es.ts';

/**
 * Write each language except Spanish as a list of texts, in the order of the Spanish keys.
 * `words/languages.ts` adds the keys again. The keys are a third of each file, and the page already
 * has them, from Spanish. A language with other keys, such as more plural forms, stays as it is.
 */
export function compactWords(): Plugin {
  const keys = Object.keys(spanish) as (keyof InboxWords)[];
  return {
    name: 'compact-words',
    transform: {
      filter: { id: /\/inbox\/words\/languages\/(?!es\.ts)[^/]+\.ts$/ },
      async handler(_code, id) {
        const { words } = (await runnerImport<{ words: InboxWords }>(id)).module;
        if (Object.keys(words).toSorted().join() !== keys.toSorted().join()) return undefined;
        const texts = keys.map((key) => words[key]);
        return { code: `export const words = ${JSON.stringify(texts)};`, map: { mappings: '' } };
      },
    },
  };
}
