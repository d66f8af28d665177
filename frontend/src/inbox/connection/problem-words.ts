import type { Problem } from '../store/inbox-store';
import type { InboxWords } from '../words/languages/es';
import type { Translate } from '../words/translate';

/** Return what failed and why, in the shopper's language. */
export const problemWords = ({ during, kind }: Problem, words: Translate<keyof InboxWords>) =>
  `${words(`problem.${during}`)} ${words(`problem.${kind === 'no-token' ? 'unauthorized' : kind}`)}`;
