// Checks that the library's core runs without React: the core must not import anything.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../dist-lib/', import.meta.url);

const source = readFileSync(new URL('core.js', FOLDER), 'utf8');
assert.doesNotMatch(source, /(?:from|import)\s*\(?["']/, 'core.js must not import anything');

const { Inbox } = await import(new URL('core.js', FOLDER));
const inbox = new Inbox({ apiUrl: '/', socketUrl: '/', token: 'token' });
assert.deepEqual(inbox.store.getSnapshot().counts, { unread: 0, unseen: 0 });
process.stdout.write('the core is one file, without React\n');
