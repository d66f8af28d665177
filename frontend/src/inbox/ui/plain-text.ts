// Embeddings, overrides and isolates that would reorder the text around them, and control characters
// but for line breaks and tabs.
// eslint-disable-next-line no-control-regex
const DISORDERLY = /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f]/g;

/** The shop's text as it may be shown: it reads in the order in which it was written. */
export const plainText = (text: string): string => text.replace(DISORDERLY, '');
