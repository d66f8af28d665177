// Bidirectional embeddings, overrides and isolates, which would reorder the text around them, and
// control characters except line breaks and tabs.
// eslint-disable-next-line no-control-regex
const DISORDERLY = /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Return the shop's text without characters that would change its reading order. */
export const plainText = (text: string): string => text.replace(DISORDERLY, '');
