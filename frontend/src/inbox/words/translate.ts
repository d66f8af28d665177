type PluralBase<Key extends string> = Key extends `${infer Base}.other` ? Base : never;

export type Translate<Key extends string> = (
  key: Key | PluralBase<Key>,
  parameters?: Readonly<Record<string, string | number>>,
) => string;

/**
 * Return a function from keys to texts. If a key has plural forms (`key.one`, `key.other`, …), the
 * rules of the language choose one by `count`. A missing form falls back to `other`: Spanish has a
 * form for whole millions, which no text here needs.
 */
export function translator<Key extends string>(
  words: Readonly<Record<Key, string>>,
  locale: string,
): Translate<Key> {
  const forms: Readonly<Record<string, string>> = words;
  const rules = new Intl.PluralRules(locale);
  // Shops write "1.234 opiniones". By default, Spanish has a separator only from five digits on.
  const numbers = new Intl.NumberFormat(locale, { useGrouping: true });
  const formOf = (key: string, count: unknown) =>
    forms[key] ?? forms[`${key}.${rules.select(Number(count))}`] ?? forms[`${key}.other`] ?? key;
  return (key, parameters = {}) =>
    formOf(key, parameters.count).replace(/\{(\w+)\}/g, (placeholder, name: string) => {
      const value = parameters[name] ?? placeholder;
      return typeof value === 'number' ? numbers.format(value) : value;
    });
}
