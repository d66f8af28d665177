/** JSON with indents, if that changes nothing else; anything else as it is. */
export function rawText(value: string | null): string {
  if (value === null) return '(null)';
  try {
    const parsed: unknown = JSON.parse(value);
    // Browsers would round large numbers, and drop all but one of two equal names.
    return JSON.stringify(parsed) === value ? JSON.stringify(parsed, null, 2) : value;
  } catch {
    return value;
  }
}
