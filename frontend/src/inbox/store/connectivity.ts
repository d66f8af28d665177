import type { ApiErrorKind } from '../transport/api-error';
import type { SocketState } from '../transport/connection';

/**
 * How well the inbox is connected. All parts of the inbox use this one value. `limited`: the inbox
 * works, but arrivals may come late, or an action is unsent. For the other values, see
 * `SocketState`.
 */
export type Connectivity = SocketState | 'limited';

/** What is known about the connection. */
export interface Links {
  readonly socket: SocketState;
  /**
   * The outcome that `InboxApi` reported last: why the call failed, or `none` after a success or a
   * rejection. It is `unknown` before the first report, and after a lost connection.
   */
  readonly api: ApiErrorKind | 'none' | 'unknown';
  /** The number of actions that wait for a retry after a temporary failure. */
  readonly unsent: number;
  /** Whether the browser says that there is a network. A "yes" may be wrong, a "no" is reliable. */
  readonly hasNetwork: boolean;
}

export function connectivityOf({ socket, api, unsent, hasNetwork }: Links): Connectivity {
  if (!hasNetwork) return 'offline';
  const isFailing = unsent > 0 || (api !== 'none' && api !== 'unknown');
  if (socket === 'online') return isFailing ? 'limited' : 'online';
  if (socket === 'refused' || socket === 'connecting') return socket;
  if (api === 'none') return 'limited';
  return api === 'blocked' ? 'blocked' : socket;
}
