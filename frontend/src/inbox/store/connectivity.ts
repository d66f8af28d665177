import type { ApiErrorKind } from '../transport/api-error';
import type { SocketState } from '../transport/connection';

/**
 * How well the inbox is connected. All its parts use this one value. `limited`: it works, but news
 * may come late, or something is not saved yet. For the others, see `SocketState`.
 */
export type Connectivity = SocketState | 'limited';

/** What is known about the connection. */
export interface Links {
  readonly socket: SocketState;
  /** Why the last call of the API failed, or `none` if it did not. */
  readonly api: ApiErrorKind | 'none' | 'unknown';
  /** The number of actions that wait for a retry, because the server could not be reached. */
  readonly unsent: number;
  /** What the browser says. It may be wrong only when it says that there is a network. */
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
