export {
  AlertSettings,
  ConnectionNotice,
  ConnectionStatus,
  NotificationAlerts,
  NotificationBell,
  NotificationCenter,
  NotificationInbox,
  NotificationToasts,
  PushSwitch,
} from './components';
export {
  NotificationProvider,
  type NotificationProviderProps,
} from './provider/NotificationProvider';
export { useNotifications } from './hooks/use-notifications';
export { usePush, type PushControls } from './alerts/use-push';
export { usePreferences, type PreferenceControls } from './hooks/use-preferences';
export { useUnreadCount } from './hooks/use-unread-count';
export { useUnseenCount } from './hooks/use-unseen-count';
export { matchLocale } from './words/locales';
export { translator, type Translate } from './words/translate';
export type { InboxWords } from './words/languages/es';
export type { ItemAction, Notification } from './domain/notification';
export type { Category, Preferences, QuietHours } from './domain/preferences';
export type { InboxLooks, ItemControls } from './hooks/looks';
export type { NotificationAlertsProps } from './alerts/NotificationAlerts';
export type { NotificationBellProps } from './panel/NotificationBell';
export type { NotificationCenterProps } from './panel/NotificationCenter';
export type { NotificationInboxProps } from './panel/NotificationInbox';
export type { PushState } from './sync/push';
export type { NotificationToastsProps } from './toasts/NotificationToasts';
