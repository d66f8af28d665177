import { useInboxContext } from '../hooks/inbox-context';

/** What the server says of a refusal. It says it in English, so only readers of English see it. */
export function ServerWords({ text }: { readonly text: string }) {
  return useInboxContext().locale.startsWith('en') ? <small>{text}</small> : null;
}
