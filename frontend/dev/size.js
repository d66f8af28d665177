// Prints the size of the built library, gzipped, in bytes. Fails above the budgets.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const FOLDER = new URL('../dist-lib/', import.meta.url);
/** `ours` is all of our own code, without React and socket.io-client. */
const BUDGETS = { ours: 25_000, 'socket.io': 12_000, styles: 4_000 };

const sizes = readdirSync(FOLDER)
  .filter((name) => /\.(js|css)$/.test(name))
  .map((name) => [name, gzipSync(readFileSync(new URL(name, FOLDER)), { level: 9 }).length]);

const kindOf = (name) => {
  if (name.endsWith('.css')) return 'styles';
  return name.startsWith('socket.io') ? 'socket.io' : 'ours';
};
const sum = (isCounted) =>
  sizes.filter(([name]) => isCounted(name)).reduce((total, [, bytes]) => total + bytes, 0);

/** Return the files that a page loads before the bell is live: the entry and its imports. */
function filesAtStart(name, seen = new Set()) {
  seen.add(name);
  const source = readFileSync(new URL(name, FOLDER), 'utf8');
  for (const [, part] of source.matchAll(/from"\.\/([^"]+)"/g))
    if (!seen.has(part)) filesAtStart(part, seen);
  return seen;
}

for (const [name, bytes] of sizes) process.stdout.write(`${String(bytes).padStart(7)}  ${name}\n`);
let isTooHeavy = false;
for (const [kind, budget] of Object.entries(BUDGETS)) {
  const bytes = sum((name) => kindOf(name) === kind);
  if (bytes > budget || bytes === 0) isTooHeavy = true;
  process.stdout.write(`${String(bytes).padStart(7)}  of ${budget}: ${kind}\n`);
}
const first = filesAtStart('index.js');
process.stdout.write(`${String(sum((name) => first.has(name))).padStart(7)}  until the bell is live
`);
if (isTooHeavy) {
  process.stderr.write(
    'The library is above a budget in dev/size.js, or not built: run `npm run build:lib`.\n',
  );
  process.exitCode = 1;
}
