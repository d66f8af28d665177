export { ConnectionNotice } from './components/ConnectionNotice';
export { ConnectionStatus } from './components/ConnectionStatus';
export { NotificationBell } from './components/NotificationBell';
export { NotificationInbox } from './components/NotificationInbox';
export { NotificationProvider } from './components/NotificationProvider';
export { useNotifications } from './hooks/use-notifications';
export { translator, type Translate } from './words/translate';
export { LOCALES, type Locale } from './words/locales';
