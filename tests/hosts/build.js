// Copies the hosts from this folder into another, and builds them there for one test:
// node build.js FOLDER TARBALL
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from '../../frontend/node_modules/vite/dist/node/index.js';

const HERE = import.meta.dirname;
const TSC = join(HERE, '../../frontend/node_modules/typescript/bin/tsc');
const REACT = ['react-18', 'react-19.0', 'react-newest'];
const run = promisify(execFile);
const [folder, tarball] = process.argv.slice(2).map((path) => resolve(path));
// Use React's development build. Only this build warns, for example if hydration differs.
process.env.NODE_ENV = 'development';
// Fail at each warning. React also warns of what a server cannot render.
console.error = (...values) => {
  throw new Error(values.join(' '));
};

/** Install the host's packages and our tarball, as another team would. npm must not add React. */
async function install(name) {
  const host = join(folder, name);
  mkdirSync(host, { recursive: true });
  cpSync(join(HERE, name), host, { recursive: true });
  const options = ['--no-save', '--omit=peer', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, tarball], { cwd: host });
  if (existsSync(join(host, 'node_modules/notification-inbox/node_modules')))
    throw new Error(`${name}: the package has brought dependencies of its own`);
}

/** Compile a host's page, with each way in which TypeScript finds a package's types. */
async function checkTypes(name) {
  const ways = ['bundler', 'nodenext', 'node10'];
  const configs = ways.map((way) => join(folder, name, `tsconfig.${way}.json`));
  await run(process.execPath, [TSC, '--build', ...configs]).catch(({ stdout }) => {
    throw new Error(`The types do not work: ${stdout}`);
  });
}

/** Build the pages of Next, for production, as `next start` serves them. */
async function buildNext(name) {
  const host = join(folder, name);
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };
  const next = join(host, 'node_modules/next/dist/bin/next');
  await run(process.execPath, [next, 'build'], { cwd: host, env }).catch(({ stdout, stderr }) => {
    throw new Error(`next build: ${stdout}${stderr}`);
  });
}

async function bundle(host, options) {
  await build({
    configFile: false,
    logLevel: 'warn',
    mode: 'development',
    root: host,
    base: './',
    oxc: { jsx: { runtime: 'automatic' } },
    ...options,
  });
}

const page = (body, script) =>
  `<!doctype html><html lang="es"><head><meta charset="utf-8"><link rel="icon" href="data:,">` +
  `<title>Another shop</title></head><body>${body}` +
  `<script type="module" src="${script}"></script></body></html>`;

const WITHOUT_REACT = {
  plain: '<button data-testid="bell"></button><ul id="list"></ul>',
  element:
    '<p><notification-inbox id="first" locale="es"></notification-inbox></p>' +
    '<p><notification-inbox id="second" locale="en" count="unread"></notification-inbox></p>',
};

await Promise.all([...REACT, ...Object.keys(WITHOUT_REACT), 'types', 'next'].map(install));
const next = buildNext('next');
await checkTypes('types');
for (const name of REACT) {
  const host = join(folder, name);
  cpSync(join(HERE, 'app'), host, { recursive: true });
  await bundle(host, { build: { ssr: 'server.jsx', outDir: 'server' } });
  const { html } = await import(pathToFileURL(join(host, 'server/server.js')).href);
  const body = html();
  if (!body.includes('aria-label="Notificaciones"'))
    throw new Error(`${name}: the server renders no bell`);
  writeFileSync(join(host, 'index.html'), page(`<div id="root">${body}</div>`, '/client.jsx'));
  await bundle(host, { build: { outDir: 'dist', minify: false } });
}
for (const [name, body] of Object.entries(WITHOUT_REACT)) {
  const host = join(folder, name);
  writeFileSync(join(host, 'index.html'), page(`<h1>Another shop</h1>${body}`, '/main.js'));
  await bundle(host, { build: { outDir: 'dist', modulePreload: { polyfill: false } } });
}
await next;
