import type { Notification as Item } from '../domain/notification';

export type DesktopState = 'unsupported' | 'denied' | 'allowed' | 'not asked';

const STATES = { granted: 'allowed', denied: 'denied', default: 'not asked' } as const;

/** What the browser says of notifications by the operating system. */
export const desktopState = (): DesktopState =>
  'Notification' in window ? STATES[Notification.permission] : 'unsupported';

/** Asks the shopper; call it in a click. */
export async function askForDesktop(): Promise<DesktopState> {
  if (!('Notification' in window)) return 'unsupported';
  return STATES[await Notification.requestPermission()];
}

export interface DesktopWords {
  readonly title: string;
  readonly body: string;
}

/** Owns the notifications of the operating system that this tab has shown and that stand. */
export class Desktop {
  readonly #shown = new Map<string, Notification>();

  show(item: Item, { title, body }: DesktopWords, onClick: () => void): void {
    try {
      const shown = new Notification(title, { body, tag: item.id });
      shown.onclick = () => {
        window.focus();
        shown.close();
        onClick();
      };
      shown.onclose = () => this.#shown.delete(item.id);
      this.#shown.set(item.id, shown);
    } catch {
      // Mobile browsers have the name and want a service worker: the list and the toast are there.
    }
  }

  /** Takes away what has been read, or is no more. */
  closeUnless(isWanted: (id: string) => boolean): void {
    for (const [id, shown] of this.#shown) if (!isWanted(id)) shown.close();
  }

  closeAll(): void {
    this.closeUnless(() => false);
  }
}
