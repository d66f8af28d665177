// A page without React, under `default-src 'none'` and Trusted Types.
import { Inbox } from 'notification-inbox/core';

const { apiUrl, socketUrl, token } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const inbox = new Inbox({ apiUrl, socketUrl, getToken: () => Promise.resolve(token) });
const bell = document.querySelector('[data-testid="bell"]');
const list = document.querySelector('#list');

inbox.store.subscribe(() => {
  const { items, counts } = inbox.store.getSnapshot();
  bell.textContent = String(counts.unread);
  list.replaceChildren(
    ...items.map((item) => {
      const row = document.createElement('li');
      row.textContent = item.title;
      row.dataset.read = String(item.read_at !== null);
      row.addEventListener('click', () => inbox.markRead(item));
      return row;
    }),
  );
});
inbox.start();
