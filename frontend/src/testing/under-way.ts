import type { Action } from '../inbox/domain/action';
import type { Notification, Page } from '../inbox/domain/notification';
import type { Request } from '../inbox/store/page';

/** A list request of the world's client. `page` is set when the server has answered. */
export interface ListRequest {
  readonly request: Request;
  readonly cursor: string | undefined;
  readonly isRefresh: boolean;
  readonly isCounting: boolean;
  page?: Page;
}

/** An action of the world's client whose answer has not arrived yet. */
export interface SentAction {
  readonly action: Action;
  /** Set when the server has handled the action: null if the server refused it, else its answer. */
  answer?: { readonly item: Notification | undefined } | null;
}
