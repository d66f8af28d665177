// Builds the throw-away hosts in a folder, from this one: node build.js FOLDER TARBALL
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../../frontend/node_modules/vite/dist/node/index.js';

const HERE = import.meta.dirname;
const [folder, tarball] = process.argv.slice(2).map((path) => resolve(path));
// React in development: only there it warns, of a hydration that differs among others.
process.env.NODE_ENV = 'development';
// It also warns of what a server cannot render.
console.error = (...values) => {
  throw new Error(values.join(' '));
};

/** Install the host's own React, then our tarball, as another team would. */
function install(name) {
  const host = join(folder, name);
  mkdirSync(host, { recursive: true });
  cpSync(join(HERE, name), host, { recursive: true });
  const npm = (...values) =>
    execFileSync('npm', [...values, '--prefer-offline', '--no-audit', '--no-fund'], { cwd: host });
  npm('install', '--no-save', tarball);
  if (existsSync(join(host, 'node_modules/notification-inbox/node_modules')))
    throw new Error(`${name}: the package has brought dependencies of its own`);
  return host;
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

for (const name of ['react-18', 'react-19.0', 'react-newest']) {
  const host = install(name);
  cpSync(join(HERE, 'app'), host, { recursive: true });
  await bundle(host, { build: { ssr: 'server.jsx', outDir: 'server' } });
  const { html } = await import(pathToFileURL(join(host, 'server/server.js')).href);
  const body = html();
  for (const part of ['data-testid="bell"'])
    if (!body.includes(part)) throw new Error(`${name}: the server’s markup has no ${part}`);
  writeFileSync(join(host, 'index.html'), page(`<div id="root">${body}</div>`, '/client.jsx'));
  await bundle(host, { build: { outDir: 'dist', minify: false } });
}
const plain = install('plain');
const body = '<h1>Another shop</h1><button data-testid="bell"></button><ul id="list"></ul>';
writeFileSync(join(plain, 'index.html'), page(body, '/main.js'));
await bundle(plain, { build: { outDir: 'dist', modulePreload: { polyfill: false } } });
