import { expect, it } from 'vitest';
import manifest from '../package.json';

// A bundler drops `import 'file'`, unless the package says that the file has side effects.
it('keeps the files that a host imports only for their side effects', () => {
  const { exports, sideEffects } = manifest;
  for (const path of [exports['./service-worker.js'], exports['./element'].default])
    expect(sideEffects).toContain(path);
  expect(sideEffects).toContain('./src/inbox/push/service-worker.ts'); // for the demo
});
