import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PRIVATE_NAMES, withShortNames } from './private-names';

const ROOT = new URL('../', import.meta.url).pathname;
const read = (path: string) => readFileSync(ROOT + path, 'utf8');
const COMMENTS = /\/\*[^]*?\*\/|\/\/ .*/g;
const sources = readdirSync(`${ROOT}src/inbox`, { recursive: true })
  .map(String)
  .filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.'))
  .map((path) => read(`src/inbox/${path}`))
  .join('\n')
  .replaceAll(COMMENTS, '');
const found = (text: string, around: (name: string) => string) =>
  PRIVATE_NAMES.filter((name) => new RegExp(around(name), 'm').test(text));

it('gives each private property a short name of its own', async () => {
  const names = PRIVATE_NAMES.map((name) => `it.${name}`).join();
  const { code } = await withShortNames(`export const read = (it) => [${names}];`);
  const short = Array.from(code.matchAll(/\w+\.(\w+)/g), ([, name = '']) => name);
  expect(new Set(short).size).toBe(PRIVATE_NAMES.length);
  expect(short.filter((name) => name.length > 2)).toEqual([]);
});

it('lists no property that our code also names in a string, and none that it lacks', () => {
  expect(found(sources, (name) => `['"\`]${name}['"\`]`)).toEqual([]);
  expect(found(sources, (name) => `\\b${name}\\b`)).toEqual(PRIVATE_NAMES);
});

it('lists no property of the data that the services send', () => {
  const services = read('../docs/openapi.json') + read('../docs/asyncapi.yaml');
  expect(found(services, (name) => `^\\s*"?${name}"?:|"${name}":`)).toEqual([]);
});
