/** Return JSON with indents, if that changes nothing else. Return any other text unchanged. */
export function rawText(value: string | null): string {
  if (value === null) return '(null)';
  try {
    const parsed: unknown = JSON.parse(value);
    // Browsers round large numbers, and drop one of two fields with the same name.
    return JSON.stringify(parsed) === value ? JSON.stringify(parsed, null, 2) : value;
  } catch {
    return value;
  }
}
