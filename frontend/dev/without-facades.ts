import type { Plugin } from 'vite';

// In minified code: a chunk's export, an import of another chunk, and a facade, which is an entry
// that only exports names of a chunk.
const EXPORT = /export\{([^}]*)\};?(?=\s*(?:\/\/|$))/;
const IMPORT = /import\{([^}]*)\}from"\.\/([^"]+)";?/g;
const FACADE = /^\s*(?:'use client';)?\s*export\{([^}]*)\}from"\.\/([^"]+)";?\s*$/;

/** A name as one file has it, and the name by which the other file knows it. */
type Pair = readonly [string, string];

const pairsOf = (list = ''): Pair[] =>
  list.split(',').map((entry): Pair => {
    const [name = '', other = name] = entry.split(' as ');
    return [name, other];
  });
const written = (pairs: readonly Pair[]) =>
  pairs.map(([name, other]) => (name === other ? name : `${name} as ${other}`)).join();

/**
 * Replace each facade with its chunk. For each entry, the bundler makes a file that only exports
 * names of a chunk, which costs each page a request. Also let a chunk export each name as the
 * importing chunk calls it, so that the import need not rename it.
 */
export function withoutFacades(): Plugin {
  return {
    name: 'without-facades',
    generateBundle: {
      order: 'post', // first, Vite must collect the styles of the entries
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        for (const { code, fileName, isEntry } of chunks) {
          if (!isEntry) continue;
          const [, list, target] = FACADE.exec(code) ?? [];
          const chunk = chunks.find((each) => each.fileName === target);
          if (!chunk) throw new Error(`${fileName} is more than a facade of a chunk`);
          const own = new Map(pairsOf(EXPORT.exec(chunk.code)?.[1]).map(([a, b]) => [b, a]));
          const local = (name: string) => own.get(name) ?? name;
          const exported = pairsOf(list).map(([name, outside]): Pair => [local(name), outside]);
          const shared = new Map<string, string>();
          for (const user of chunks)
            user.code = user.code.replace(IMPORT, (statement, names: string, from: string) => {
              if (from !== chunk.fileName) return statement;
              const imports = pairsOf(names).map(([name, alias]): Pair => {
                const isFree = ![...shared.values()].includes(alias);
                const outside = shared.get(local(name)) ?? (isFree ? alias : name);
                shared.set(local(name), outside);
                return [outside, alias];
              });
              // Keep the statement's length, because the source map counts columns.
              return `import{${written(imports)}}from"./${from}";`.padEnd(statement.length);
            });
          chunk.code = chunk.code.replace(EXPORT, `export{${written([...exported, ...shared])}};`);
          Reflect.deleteProperty(bundle, fileName);
        }
      },
    },
  };
}
