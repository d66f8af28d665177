const AT = Date.parse('2026-11-30T09:41:07.120Z');
const at = (ms: number) => new Date(AT + ms).toISOString();
const OWNER = 'http://127.0.0.1:8101';
const EDGE = 'http://127.0.0.1:8102';
const header = (name: string, value: string): [string, string] => [name, value];
const ID = '0198c0de-0000-7000-8000-000000000001';

/**
 * Return the life of a made-up notification, as the console's service reports it: delivered over a
 * peer link, and not read yet.
 */
export function lifeOf(id: string) {
  const notification = {
    id: id === '' ? ID : id,
    user_id: 'alice',
    type: 'order.shipped',
    title: 'Tu pedido 40717263 va de camino',
    body: 'Llega mañana. Puedes seguirlo con el código AB40717263ES.',
    created_at: at(0),
  };
  const way = { owner: OWNER, edge: EDGE, attempt: 1 };
  const step = (name: string, ms: number | null, after_ms: number | null, details = {}) => ({
    name,
    at: ms === null ? null : at(ms),
    after_ms,
    details,
  });
  return {
    notification,
    status: 'delivered',
    steps: [
      step('created', 0, null),
      step('written', null, null),
      step('logged', 9, 9, { partition: 3, offset: 124 }),
      step('pushed', 14, 5, way),
      step('acknowledged', 31, 17, way),
      step('delivered', 36, 5),
      step('committed', 812, 776),
      step('seen', 4200, 3388),
    ],
    events: [
      {
        topic: 'notifications',
        partition: 3,
        offset: 124,
        at: at(9),
        headers: [
          header('ce_type', 'notification.created'),
          header('ce_specversion', '1.0'),
          header('via', 'shop'),
          header('via', 'gateway'),
        ],
        value: JSON.stringify(notification),
      },
      {
        topic: 'notifications-receipts',
        partition: 1,
        offset: 88,
        at: at(37),
        headers: [header('ce_type', 'notification.delivered')],
        value: JSON.stringify({ notification_id: notification.id, at: at(36), ...way }),
      },
    ],
    known_since: at(-3_600_000),
  };
}
