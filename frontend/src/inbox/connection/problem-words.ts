import type { Problem } from '../store/inbox-store';
import type { InboxWords } from '../words/languages/es';
import type { Translate } from '../words/translate';

const WHAT = {
  list: 'problem.list',
  more: 'problem.more',
  read: 'problem.read',
  unread: 'problem.unread',
  archive: 'problem.archive',
  unarchive: 'problem.unarchive',
  preferences: 'problem.preferences',
  'load-preferences': 'problem.load-preferences',
  'read-all': 'problem.read-all',
  'seen-all': 'problem.seen-all',
} as const;

const WHY = {
  unreachable: 'problem.unreachable',
  blocked: 'problem.blocked',
  'no-token': 'problem.unauthorized',
  unauthorized: 'problem.unauthorized',
  rejected: 'problem.rejected',
  failing: 'problem.failing',
  'too-many': 'problem.too-many',
} as const;

/** Return what failed and why, in the shopper's language. */
export const problemWords = (problem: Problem, words: Translate<keyof InboxWords>): string =>
  `${words(WHAT[problem.during])} ${words(WHY[problem.kind])}`;
