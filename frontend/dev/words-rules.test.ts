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

it('finds nothing if every text is defined and used', () => {
  expect(findings(en)).toEqual([]);
});

it.each([
  ['a missing text', { 'n.one': en['n.one'], 'n.other': en['n.other'] }, "en: 'hola' is missing"],
  ['an empty text', { ...en, hola: ' ' }, "en: 'hola' is empty"],
  [
    'a text with other parameters',
    { ...en, hola: 'Hello, {nome}' },
    "en: 'hola' has other parameters",
  ],
  [
    'a text that no other language has',
    { ...en, adios: 'Bye' },
    "en: 'adios' is in no other language",
  ],
])('finds %s', (_what, words, finding) => {
  expect(findings(words)).toEqual([expect.stringContaining(finding)]);
});

it('finds a text that is used nowhere', () => {
  expect(findings(en, `words('n')`)).toEqual(["'hola' is used nowhere"]);
});

it('counts a text as used if its key begins like a template with a parameter', () => {
  const code = 'words(`hola`); words(`n.${form}`)';
  expect(findings(en, code)).toEqual(["'hola' is used nowhere"]);
});

it('requires all plural forms of a language, also those the first language does not have', () => {
  const pl = { ...en, 'n.few': '{count} rzeczy' };
  const polish = new Map<string, Words>([
    ['es', es],
    ['pl', pl],
  ]);
  expect(wordsFindings(polish, source)).toEqual([
    "pl: 'n.many' is missing, a plural form of the language",
  ]);
});
