// Checks that the library's core runs without React: none of its files imports a package.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../dist-lib/', import.meta.url);

function partsOf(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const source = readFileSync(new URL(name, FOLDER), 'utf8');
  for (const [, from] of source.matchAll(/(?:from|import)"([^"]+)"/g)) {
    assert.match(from, /^\.\//, `${name} imports ${from}; the core may import only its own files`);
    partsOf(from.slice(2), seen);
  }
  return seen;
}

const parts = partsOf('core.js');
assert.ok(parts.size > 1, 'core.js imports no files: this check no longer matches the build');

const { Inbox } = await import(new URL('core.js', FOLDER));
const inbox = new Inbox({ apiUrl: '/', socketUrl: '/', token: 'token' });
assert.deepEqual(inbox.store.getSnapshot().counts, { unread: 0, unseen: 0 });
process.stdout.write(`the core is ${parts.size} files, without React\n`);
