import type { Action } from '../domain/action';
import { isObject } from '../transport/wire';

const MARKINGS = ['read', 'unread', 'archive', 'unarchive'] as const;
const SWEEPINGS = ['read-all', 'seen-all'] as const;

/** Read an action from storage or from another tab's message; undefined if it is malformed. */
export function readAction(value: unknown): Action | undefined {
  if (!isObject(value) || typeof value.key !== 'string' || typeof value.at !== 'string')
    return undefined;
  const { key, at, id, upTo } = value;
  const marking = MARKINGS.find((kind) => kind === value.kind);
  if (marking && typeof id === 'string') return { key, at, kind: marking, id };
  const sweeping = SWEEPINGS.find((kind) => kind === value.kind);
  if (sweeping && typeof upTo === 'string') return { key, at, kind: sweeping, upTo };
  return undefined;
}
