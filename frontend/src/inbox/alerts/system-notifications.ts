import type { Notification as Item } from '../domain/notification';

export type SystemPermission = 'unsupported' | 'denied' | 'allowed' | 'not asked';

const STATES = { granted: 'allowed', denied: 'denied', default: 'not asked' } as const;

/** Return whether the browser may show system notifications. */
export const systemPermission = (): SystemPermission =>
  'Notification' in window ? STATES[Notification.permission] : 'unsupported';

/** Ask the shopper for permission. Call it in a click handler. */
export async function askPermission(): Promise<SystemPermission> {
  if (!('Notification' in window)) return 'unsupported';
  return STATES[await Notification.requestPermission()];
}

export interface SystemNotificationText {
  readonly title: string;
  readonly body: string;
  readonly icon?: string;
}

/** Owns the system notifications that this tab shows. */
export class SystemNotifications {
  readonly #shown = new Map<string, Notification>();

  show(item: Item, { title, ...text }: SystemNotificationText, onClick: () => void): void {
    try {
      const shown = new Notification(title, { ...text, tag: item.id });
      shown.onclick = () => {
        window.focus();
        shown.close();
        onClick();
      };
      shown.onclose = () => this.#shown.delete(item.id);
      this.#shown.set(item.id, shown);
    } catch {
      // Mobile browsers have the constructor, but require a service worker. There, the shopper sees
      // only the list and the toast.
    }
  }

  /** Close the notifications that are no longer wanted, because they were read or removed. */
  closeUnless(isWanted: (id: string) => boolean): void {
    for (const [id, shown] of this.#shown) if (!isWanted(id)) shown.close();
  }

  closeAll(): void {
    this.closeUnless(() => false);
  }
}
