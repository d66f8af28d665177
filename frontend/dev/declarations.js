// Completes the declarations of the library: gives each relative import its extension, which
// `moduleResolution: nodenext` requires, and declares the style sheet.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = new URL('../dist-lib/types', import.meta.url).pathname;
const RELATIVE = /((?:from |import\(|import )['"])(\.{1,2}\/[^'"]+)(?=['"])/g;

for (const name of readdirSync(FOLDER, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = join(FOLDER, name);
  const complete = readFileSync(file, 'utf8').replace(RELATIVE, (_, before, path) => {
    if (!existsSync(join(dirname(file), `${path}.d.ts`)))
      throw new Error(`dist-lib/types/${name} imports ${path}, which has no declarations`);
    return `${before}${path}.js`;
  });
  writeFileSync(file, complete);
}
// TypeScript 6 wants a declaration of each import, also of `import 'notification-inbox/style.css'`.
writeFileSync(join(FOLDER, 'style.d.ts'), 'export {};\n');
