/** The inbox without React: its transport, its store, and the sync between them. */
export { Inbox, type InboxOptions, type TokenSource } from './inbox';
export { FILTERS, type Counts, type Filter, type Notification } from './domain/notification';
export type { Category, Preferences, QuietHours } from './domain/preferences';
export type { InboxSnapshot, InboxStore, Problem } from './store/inbox-store';
