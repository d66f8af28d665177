import { runnerImport, type Plugin } from 'vite';
import { words as spanish, type InboxWords } from '../src/inbox/words/languages/es.ts';

/**
 * Write each language but Spanish as a list of texts, in the order of the Spanish ones, which
 * `words/languages.ts` understands. A third of its file would otherwise be keys, which the page has
 * already. A language with other keys, such as more plural forms, stays as it is.
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
