import type { Counts } from '../domain/notification';
import { NotificationInboxElement, type NavigateDetail } from './notification-inbox-element';

export { NotificationInboxElement, type NavigateDetail };

const TAG = 'notification-inbox';

// A page may load two copies of the library, but a tag can be defined only once.
if (typeof customElements !== 'undefined' && !customElements.get(TAG))
  customElements.define(TAG, NotificationInboxElement);

declare global {
  interface HTMLElementTagNameMap {
    [TAG]: NotificationInboxElement;
  }
  // The events bubble, so any element of the page may listen to them.
  interface HTMLElementEventMap {
    'notification-inbox:navigate': CustomEvent<NavigateDetail>;
    'notification-inbox:count': CustomEvent<Pick<Counts, 'unread' | 'unseen'>>;
    'notification-inbox:error': CustomEvent<{ readonly error: unknown }>;
  }
}
