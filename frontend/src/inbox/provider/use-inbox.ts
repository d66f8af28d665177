import { useEffect, useState } from 'react';
import { useLatest } from '../hooks/use-latest';
import { Inbox, type InboxOptions, type TokenSource } from '../inbox';

/** Used if the host's options cannot work. An inbox with these options is never started. */
const NOWHERE: InboxOptions = { apiUrl: '/', socketUrl: '/', token: '' };

const logError = (error: unknown) => {
  // eslint-disable-next-line no-console -- a host without `onError` must see the error somewhere
  console.error(error);
};

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

function build(options: InboxOptions): { readonly inbox: Inbox; readonly fault?: Error } {
  try {
    return { inbox: new Inbox(options) };
  } catch (error) {
    return { inbox: new Inbox(NOWHERE), fault: asError(error) };
  }
}

/**
 * Return the inbox of these options, which runs while the component is mounted.
 *
 * Options that cannot work do not throw, because that would leave the host's page blank. Instead,
 * `onError` gets the error, and the inbox shows itself as refused, with the error's message as the
 * reason. The token may also come later: the inbox starts as soon as it has one.
 */
export function useInbox(
  options: InboxOptions,
  onError: ((error: unknown) => void) | undefined,
): Inbox {
  const report = useLatest(onError ?? logError);
  const { token, getToken } = options;
  const [{ inbox, fault }] = useState(() => build(options));
  const hasTokens = (token === undefined) !== (getToken === undefined);

  useEffect(() => {
    // If the host gave neither or both, `start` below reports it.
    if (hasTokens) inbox.setTokenSource({ token, getToken } as TokenSource);
  }, [inbox, token, getToken, hasTokens]);

  useEffect(() => {
    const refuse = (error: Error) => {
      inbox.store.changeStatus({ socket: 'refused', refusal: error.message });
      report(error);
    };
    const start = () => {
      if (fault) throw fault;
      if (!hasTokens)
        throw new TypeError(
          '<NotificationProvider> needs one of `token` and `getToken`, and not both.',
        );
      inbox.start();
    };
    // StrictMode mounts, unmounts and mounts again at once. So start in a later task, and only if
    // the component is still mounted.
    const timer = setTimeout(() => {
      try {
        start();
      } catch (error) {
        refuse(asError(error));
      }
    });
    return () => {
      clearTimeout(timer);
      inbox.stop();
    };
  }, [inbox, fault, hasTokens, report]);

  return inbox;
}
