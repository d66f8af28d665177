/**
 * Return the locale in the form that `Intl` accepts, or undefined. Chromium on Linux may say
 * `en-US@posix`, and hosts may say `en_US`; `Intl` would throw.
 */
export function canonicalLocale(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale.replace(/[.@].*/, '').replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/**
 * Return the first wanted locale whose language is available, and the available tag nearest to it:
 * `{ locale: 'en-GB', tag: 'en' }`. Undefined if there is none.
 */
export function matchLocale(wanted: readonly string[], available: readonly string[]) {
  for (const name of wanted) {
    const locale = canonicalLocale(name);
    for (let tag = locale; locale && tag; tag = tag.replace(/-?[^-]*$/, ''))
      if (available.includes(tag)) return { locale, tag };
  }
  return undefined;
}
