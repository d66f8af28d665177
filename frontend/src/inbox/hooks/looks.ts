import { createContext, useContext, type ReactNode } from 'react';
import type { Filter, Notification } from '../domain/notification';

/** The state of a notification, and the actions on it, for a host that renders it itself. */
export interface ItemControls {
  readonly isUnread: boolean;
  /** Whether this item's buttons and links are tab stops (`tabIndex` 0), or not (-1). */
  readonly isCurrent: boolean;
  readonly markRead: () => void;
  readonly toggleRead: () => void;
  readonly toggleArchived: () => void;
}

/**
 * What the host shows in its own way. Keep the functions the same between renders (`useCallback`),
 * or all items are rendered again.
 */
export interface InboxLooks {
  /**
   * Render all that a notification shows. The inbox still handles the list, the keyboard and the
   * focus. Enter clicks the element with `data-cover`, if there is one.
   */
  readonly renderItem?: ((item: Notification, controls: ItemControls) => ReactNode) | undefined;
  readonly slots?:
    | {
        /** In place of the title's text. Screen readers also use it as the name of the inbox. */
        readonly header?: ReactNode;
        /** In place of the text for an empty list. */
        readonly empty?: (filter: Filter) => ReactNode;
        /** In place of a notification's body. */
        readonly itemBody?: (item: Notification) => ReactNode;
      }
    | undefined;
}

export const LooksContext = createContext<InboxLooks>({});

export const useLooks = (): InboxLooks => useContext(LooksContext);
