// A server component, which imports the inbox as it is. The test puts the addresses and the token
// into a cookie.
import { NotificationCenter, NotificationProvider } from 'notification-inbox';
import 'notification-inbox/style.css';
import { cookies } from 'next/headers';
import { Toasts, Unread } from './parts';

export const metadata = { title: 'Another shop', icons: 'data:,' };

export default async function Layout({ children }) {
  const { apiUrl, socketUrl, token } = JSON.parse((await cookies()).get('inbox')?.value ?? '{}');
  return (
    <html lang="es">
      <body>
        <NotificationProvider apiUrl={apiUrl} socketUrl={socketUrl} token={token} locale="es">
          <NotificationCenter />
          <Unread />
          <Toasts />
        </NotificationProvider>
        {children}
      </body>
    </html>
  );
}
