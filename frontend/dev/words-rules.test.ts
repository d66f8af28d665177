import { expect, it } from 'vitest';
import { wordsFindings, type Words } from './words-rules.ts';

const es = { hola: 'Hola, {name}', 'n.one': '{count} cosa', 'n.other': '{count} cosas' };
const en = { hola: 'Hello, {name}', 'n.one': '{count} thing', 'n.other': '{count} things' };
const source = `words('hola'); words('n')`;
const findings = (words: Words, code = source) =>
  wordsFindings(
    new Map<string, Words>([
      ['es', es],
      ['en', words],
    ]),
    code,
  );

it('finds nothing where all is there and used', () => {
  expect(findings(en)).toEqual([]);
});

it.each([
  ['missing', { 'n.one': en['n.one'], 'n.other': en['n.other'] }, "en: 'hola' is missing"],
  ['empty', { ...en, hola: ' ' }, "en: 'hola' is empty"],
  ['other parameters', { ...en, hola: 'Hello, {nome}' }, "en: 'hola' has other parameters"],
  ['too much', { ...en, adios: 'Bye' }, "en: 'adios' is in no other language"],
])('finds what is %s', (_what, words, finding) => {
  expect(findings(words)).toEqual([expect.stringContaining(finding)]);
});

it('finds what is used nowhere', () => {
  expect(findings(en, `words('n')`)).toEqual(["'hola' is used nowhere"]);
});

it('asks for all plural forms of the language, and lets it have more than the first', () => {
  const pl = { ...en, 'n.few': '{count} rzeczy' };
  const polish = new Map<string, Words>([
    ['es', es],
    ['pl', pl],
  ]);
  expect(wordsFindings(polish, source)).toEqual([
    "pl: 'n.many' is missing, a plural form of the language",
  ]);
});
