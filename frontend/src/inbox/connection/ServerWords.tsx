import { useInboxContext } from '../hooks/inbox-context';

/** The server's explanation of a refusal. It is in English, so only readers of English see it. */
export function ServerWords({ text }: { readonly text: string }) {
  return useInboxContext().locale.startsWith('en') ? <small>{text}</small> : null;
}
