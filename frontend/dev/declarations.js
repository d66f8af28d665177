// Completes the declarations of the library: gives each relative import its extension, which
// `moduleResolution: nodenext` requires, and declares the style sheet. Removes what no entry needs.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = new URL('../dist-lib/types', import.meta.url).pathname;
const IMPORT = /((?:from |import\(|import )['"])([^'"]+)(?=['"])/g;
const STYLES = /^import '[^']+\.css';\n/gm;
const needed = new Set();

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
      const target = /^[./]+$/.test(path) ? `${path}/index` : path; // `..` is a folder
      complete(join(dirname(file), `${target}.d.ts`));
      return `${before}${target}.js`;
    });
  writeFileSync(file, text);
}

for (const entry of ['index', 'core', 'element/index']) complete(join(FOLDER, `${entry}.d.ts`));
for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && !needed.has(file)) rmSync(file);
}
// TypeScript 6 wants a declaration of each import, also of `import 'notification-inbox/style.css'`.
writeFileSync(join(FOLDER, 'style.d.ts'), 'export {};\n');
