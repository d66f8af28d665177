import type { By } from '../api';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Return the kinds of things that the text may name, the likeliest first. */
export function guessesOf(text: string): By[] {
  if (ID.test(text)) return ['id'];
  // Such as `order:1234` or `cart/7`.
  if (/[:/]/.test(text)) return ['collapse_key', 'order', 'user'];
  if (/\d{3}/.test(text)) return ['order', 'user', 'collapse_key'];
  return ['user', 'order', 'collapse_key'];
}
