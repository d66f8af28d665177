import { NotificationInboxElement } from './notification-inbox-element';

export { NotificationInboxElement };

const TAG = 'notification-inbox';

// Two copies of the library may be in one page.
if (typeof customElements !== 'undefined' && !customElements.get(TAG))
  customElements.define(TAG, NotificationInboxElement);

declare global {
  interface HTMLElementTagNameMap {
    [TAG]: NotificationInboxElement;
  }
}
