// Fails if a language lacks a text, or if a text is empty or unused, or has other parameters than
// in the first language.
// The type checker finds texts that are used but not defined.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';

const ROOT = new URL('..', import.meta.url).pathname;
const { wordsFindings } = (await runnerImport(join(ROOT, 'dev/words-rules.ts'))).module;

const sourcesOf = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|words\//.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

for (const part of ['inbox', 'demo', 'console']) {
  const folder = join(ROOT, 'src', part);
  const names = readdirSync(join(folder, 'words/languages')).sort((a) => (a === 'es.ts' ? -1 : 1));
  const languages = new Map();
  for (const name of names) {
    const { module } = await runnerImport(join(folder, 'words/languages', name));
    languages.set(name.replace('.ts', ''), module.words);
  }
  for (const finding of wordsFindings(languages, sourcesOf(folder))) {
    process.stderr.write(`src/${part}/words/languages: ${finding}\n`);
    process.exitCode = 1;
  }
}
