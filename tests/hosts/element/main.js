// A page with two web components. The test gives them their tokens.
import 'notification-inbox/element';

const { apiUrl, socketUrl, token } = JSON.parse(decodeURIComponent(location.hash.slice(1)));

for (const element of document.querySelectorAll('notification-inbox'))
  Object.assign(element, { apiUrl, socketUrl, token });

document.addEventListener('notification-inbox:count', ({ target, detail }) => {
  target.dataset.unread = String(detail.unread);
});
document.addEventListener('notification-inbox:navigate', (event) => {
  event.preventDefault();
  event.target.dataset.href = event.detail.href;
});
