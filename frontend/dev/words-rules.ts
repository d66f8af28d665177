export type Words = Readonly<Record<string, string>>;

const PLURAL_FORM = /\.(zero|one|two|few|many|other)$/;

const parametersOf = (text: string): string => (text.match(/\{\w+\}/g) ?? []).sort().join();

function findingsOf(tag: string, words: Words, base: Words): string[] {
  const findings: string[] = [];
  for (const [key, text] of Object.entries(base)) {
    const own = words[key];
    if (own === undefined) findings.push(`${tag}: '${key}' is missing`);
    else if (own.trim() === '') findings.push(`${tag}: '${key}' is empty`);
    else if (parametersOf(own) !== parametersOf(text))
      findings.push(`${tag}: '${key}' has other parameters than in the first language`);
  }
  for (const key of Object.keys(words)) {
    // A language may have plural forms that the first language does not have.
    const isForm = PLURAL_FORM.test(key) && key.replace(PLURAL_FORM, '.other') in base;
    if (!(key in base) && !isForm) findings.push(`${tag}: '${key}' is in no other language`);
  }
  return findings;
}

function pluralFindings(tag: string, words: Words): string[] {
  const bases = Object.keys(words)
    .filter((key) => key.endsWith('.other'))
    .map((key) => key.slice(0, -'.other'.length));
  // Spanish has the form "many", for round millions. The texts here use "other" instead.
  const forms = new Intl.PluralRules(tag)
    .resolvedOptions()
    .pluralCategories.filter((form) => form !== 'many' || tag !== 'es');
  return bases.flatMap((base) =>
    forms
      .filter((form) => words[`${base}.${form}`] === undefined)
      .map((form) => `${tag}: '${base}.${form}' is missing, a plural form of the language`),
  );
}

/**
 * Return what is wrong with the texts. `languages` has the texts of each language by its tag; the
 * first language is the reference. `source` is the code that uses the texts.
 */
export function wordsFindings(languages: ReadonlyMap<string, Words>, source: string): string[] {
  const [first] = languages.values();
  const base = first ?? {};
  // A template such as `connection.${state}` uses all keys with the same beginning.
  const beginnings = [...source.matchAll(/`([\w.-]+\.)\$\{/g)].map(
    ([, beginning = '']) => beginning,
  );
  const isUsed = (key: string) =>
    [key, key.replace(PLURAL_FORM, '')].some((name) => source.includes(`'${name}'`)) ||
    beginnings.some((beginning) => key.startsWith(beginning));
  const unused = Object.keys(base)
    .filter((key) => !isUsed(key))
    .map((key) => `'${key}' is used nowhere`);
  const perLanguage = [...languages].flatMap(([tag, words]) => [
    ...findingsOf(tag, words, base),
    ...pluralFindings(tag, words),
  ]);
  return [...perLanguage, ...unused];
}
