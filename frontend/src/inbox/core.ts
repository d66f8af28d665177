/** The inbox without React: transport, store and what keeps them in step. */
export { Inbox, type InboxOptions, type TokenSource } from './inbox';
export { FILTERS, type Counts, type Filter, type Notification } from './domain/notification';
export type { InboxSnapshot, InboxStore, Problem } from './store/inbox-store';
