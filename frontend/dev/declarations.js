// Completes the library's type declarations: gives each relative import its extension, which
// `moduleResolution: nodenext` requires, and declares the style sheet. Removes the files that no
// entry needs. Fails if a declaration shows hosts a property whose name the build shortens. To hide
// such a property, mark it as `@internal`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runnerImport } from 'vite';

const FOLDER = new URL('../dist-lib/types', import.meta.url).pathname;
const IMPORT = /((?:from |import\(|import )['"])([^'"]+)(?=['"])/g;
const STYLES = /^import '[^']+\.css';\n/gm;
const needed = new Set();
const names = (await runnerImport(new URL('private-names.ts', import.meta.url).pathname)).module;
const PRIVATE = new RegExp(`\\b(${names.PRIVATE_NAMES.join('|')})\\b`);
const COMMENTS = /\/\*[^]*?\*\//g;

function complete(file) {
  if (needed.has(file)) return;
  needed.add(file);
  const text = readFileSync(file, 'utf8')
    .replace(STYLES, '')
    .replace(IMPORT, (whole, before, path) => {
      if (!path.startsWith('.')) {
        if (path === 'react') return whole;
        throw new Error(`${file} imports ${path}, which hosts do not have`);
      }
      const target = /^[./]+$/.test(path) ? `${path}/index` : path; // `..` names a folder
      complete(join(dirname(file), `${target}.d.ts`));
      return `${before}${target}.js`;
    });
  const [shown] = PRIVATE.exec(text.replaceAll(COMMENTS, '')) ?? [];
  if (shown) throw new Error(`${file} shows hosts the private name ${shown}`);
  writeFileSync(file, text);
}

for (const entry of ['index', 'core', 'element/index']) complete(join(FOLDER, `${entry}.d.ts`));
for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && !needed.has(file)) rmSync(file);
}
// TypeScript 6 requires a declaration for each import, also for 'notification-inbox/style.css'.
writeFileSync(join(FOLDER, 'style.d.ts'), 'export {};\n');
