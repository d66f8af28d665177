import { build } from 'vite';
import { expect, it } from 'vitest';
import { named } from '../src/inbox/words/languages';
import { words as english } from '../src/inbox/words/languages/en';
import { compactWords } from './compact-words';

it('gives the page the same texts as the file of the language', async () => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [compactWords()],
    build: {
      write: false,
      minify: false,
      lib: { entry: 'src/inbox/words/languages/en.ts', formats: ['es'], fileName: 'en' },
    },
  });
  const [built] = [result].flat();
  const [{ code }] = built && 'output' in built ? built.output : [{ code: '' }];
  const { words } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    words: readonly string[];
  };
  expect(words).toBeInstanceOf(Array);
  expect(named(words)).toEqual(english);
});
