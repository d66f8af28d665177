// Prints the gzipped sizes of the built library in bytes, without React. Fails if a total is above
// its budget, or if a host that imports only the hooks loads the panel.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const FOLDER = new URL('../dist-lib/', import.meta.url);
/**
 * The budget for the code, the styles, the service worker and all languages together. It does not
 * include the element, which contains Preact.
 */
const ALL_BUDGET = 40_000;
/** The budget for a host that imports only the provider and the hooks, and draws its own inbox. */
const HOOKS_BUDGET = 28_000;
const HOOKS = `export * from '${new URL('index.js', FOLDER).pathname}';`.replace(
  '*',
  '{ NotificationProvider, useNotifications, useUnreadCount, useUnseenCount }',
);

/** Return the size without the line that names the source map: each host's bundler removes it. */
const sizeOf = (content) =>
  gzipSync(String(content).replace(/\n\/\/# sourceMappingURL=.*/, ''), { level: 9 }).length;
const sum = (sizes) => sizes.reduce((total, bytes) => total + bytes, 0);

/** Return the files that a host with only the hooks loads, as its bundler writes them. */
async function hooksHost() {
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'host',
        resolveId: (id) => (id === 'host' ? '\0host' : null),
        load: (id) => (id === '\0host' ? HOOKS : null),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: 'host', external: /^react/, preserveEntrySignatures: 'strict' },
    },
  });
  return output;
}

const files = readdirSync(FOLDER).filter((name) => /\.(js|css)$/.test(name));
const sizes = files.map((name) => sizeOf(readFileSync(new URL(name, FOLDER))));
files.forEach((name, index) => {
  process.stdout.write(`${String(sizes[index]).padStart(7)}  ${name}\n`);
});
const hooks = await hooksHost();
let isTooHeavy = hooks.some(({ fileName }) => fileName.includes('NotificationInbox'));
for (const [what, bytes, budget] of [
  ['in all', sum(sizes), ALL_BUDGET],
  ['the hooks alone', sum(hooks.map(({ code }) => sizeOf(code))), HOOKS_BUDGET],
]) {
  isTooHeavy ||= bytes > budget || bytes === 0;
  process.stdout.write(`${String(bytes).padStart(7)}  of ${budget}: ${what}\n`);
}
if (isTooHeavy) {
  process.stderr.write(
    'The library is above a budget in dev/size.js, or a host with the hooks alone loads the panel.\n',
  );
  process.exitCode = 1;
}
