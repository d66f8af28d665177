import { isUnread, isUnseen, readItem, seeItem, type Notification } from './notification';

export type Marking = 'read' | 'unread' | 'archive' | 'unarchive';
export type Sweeping = 'read-all' | 'seen-all';

/** A shopper's action on one notification. */
export interface MarkAction {
  /** Unique across all tabs. */
  readonly key: string;
  readonly kind: Marking;
  readonly id: string;
  readonly at: string;
}

/** A shopper's action on all notifications up to an id. It does not affect later ones. */
export interface SweepAction {
  readonly key: string;
  readonly kind: Sweeping;
  readonly upTo: string;
  readonly at: string;
}

export type Action = MarkAction | SweepAction;

const EFFECTS: Readonly<
  Record<Marking | Sweeping, (item: Notification, at: string) => Notification>
> = {
  read: (item, at) => (item.read_at === null ? readItem(item, at) : item),
  unread: (item) => (item.read_at === null ? item : { ...item, read_at: null }),
  archive: (item, at) => (item.archived_at === null ? { ...item, archived_at: at } : item),
  unarchive: (item) => (item.archived_at === null ? item : { ...item, archived_at: null }),
  'read-all': (item, at) => (isUnread(item) ? readItem(item, at) : item),
  'seen-all': (item, at) => (isUnseen(item) ? seeItem(item, at) : item),
};

const concerns = (action: Action, id: string): boolean =>
  'id' in action ? action.id === id : id <= action.upTo;

/** Return the item after the action, or the same object if the action does not change it. */
export const applyAction = (item: Notification, action: Action): Notification =>
  concerns(action, item.id) ? EFFECTS[action.kind](item, action.at) : item;
