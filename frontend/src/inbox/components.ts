import { AlertSettings as Settings } from './alerts/AlertSettings';
import { NotificationAlerts as Alerts } from './alerts/NotificationAlerts';
import { ConnectionNotice as Notice } from './connection/ConnectionNotice';
import { ConnectionStatus as Status } from './connection/ConnectionStatus';
import { NotificationInbox as Inbox } from './panel/LazyInbox';
import { NotificationBell as Bell } from './panel/NotificationBell';
import { NotificationCenter as Center } from './panel/NotificationCenter';
import { PushSwitch as Push } from './alerts/PushSwitch';
import { NotificationToasts as Toasts } from './toasts/NotificationToasts';
import { contained } from './ui/Contained';

// Each part has its own error boundary. If one part breaks, the others and the host's page still
// work.
export const AlertSettings = /* @__PURE__ */ contained(Settings);
export const NotificationAlerts = /* @__PURE__ */ contained(Alerts);
export const ConnectionNotice = /* @__PURE__ */ contained(Notice);
export const ConnectionStatus = /* @__PURE__ */ contained(Status);
export const NotificationInbox = /* @__PURE__ */ contained(Inbox);
export const NotificationBell = /* @__PURE__ */ contained(Bell);
export const NotificationCenter = /* @__PURE__ */ contained(Center);
export const NotificationToasts = /* @__PURE__ */ contained(Toasts);
export const PushSwitch = /* @__PURE__ */ contained(Push);
