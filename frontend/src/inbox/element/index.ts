import type { Counts } from '../domain/notification';
import { NotificationInboxElement, type NavigateDetail } from './notification-inbox-element';

export { NotificationInboxElement, type NavigateDetail };

const TAG = 'notification-inbox';

// Two copies of the library may be in one page.
if (typeof customElements !== 'undefined' && !customElements.get(TAG))
  customElements.define(TAG, NotificationInboxElement);

declare global {
  interface HTMLElementTagNameMap {
    [TAG]: NotificationInboxElement;
  }
  // The events bubble, so that any element may hear them.
  interface HTMLElementEventMap {
    'notification-inbox:navigate': CustomEvent<NavigateDetail>;
    'notification-inbox:count': CustomEvent<Pick<Counts, 'unread' | 'unseen'>>;
    'notification-inbox:error': CustomEvent<{ readonly error: unknown }>;
  }
}
