import type { Notification } from '../inbox/domain/notification';

/** Return the id of the nth notification: a UUIDv7 with the time of the nth second. */
export const idOf = (n: number): string => {
  const milliseconds = (1_700_000_000_000 + n * 1000).toString(16).padStart(12, '0');
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7000-8000-000000000000`;
};

/** Return the time of the nth second. */
export const timeOf = (n: number): string => new Date(1_700_000_000_000 + n * 1000).toISOString();

/** Return the nth notification, which is newer than those with a smaller n. */
export const notification = (n: number, changes: Partial<Notification> = {}): Notification => ({
  id: idOf(n),
  user_id: 'ana',
  type: 'order.shipped',
  severity: 'info',
  title: `Aviso ${n}`,
  body: '',
  data: {},
  action_url: null,
  image_url: null,
  image_alt: null,
  actions: [],
  created_at: timeOf(n),
  expires_at: null,
  collapse_key: null,
  delivered_at: null,
  seen_at: null,
  read_at: null,
  archived_at: null,
  ...changes,
});
