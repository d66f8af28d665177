import { expect, it } from 'vitest';
import { stop } from '../../testing/http';
import { backend } from '../../testing/fresh-backend';
import { startProxy } from '../../testing/prefixing-proxy';
import { notification } from '../../testing/notifications';
import { until } from '../../testing/inbox';
import { Inbox } from '../inbox';
import { apiAddress, socketAddress } from './urls';

it.each([
  ['https://shop.example', 'https://shop.example', '/socket.io'],
  ['https://shop.example/', 'https://shop.example', '/socket.io'],
  ['https://shop.example/notify', 'https://shop.example', '/notify/socket.io'],
  ['https://shop.example/a/notify//', 'https://shop.example', '/a/notify/socket.io'],
  ['https://shop.example/notify/socket.io/', 'https://shop.example', '/notify/socket.io'],
  ['wss://shop.example:8443/notify', 'https://shop.example:8443', '/notify/socket.io'],
  ['https://shop.example/notify?tenant=7', 'https://shop.example?tenant=7', '/notify/socket.io'],
  ['/notify', location.origin, '/notify/socket.io'],
  ['//shop.example/notify', `${location.protocol}//shop.example`, '/notify/socket.io'],
])('finds the socket of %s', (socketUrl, url, path) => {
  expect(socketAddress(socketUrl)).toMatchObject({ url, path });
});

it('the path of the socket can be given', () => {
  expect(socketAddress('https://shop.example/notify', '/ws')).toMatchObject({
    url: 'https://shop.example',
    path: '/ws',
  });
});

it.each([
  ['https://shop.example', 'https://shop.example'],
  ['https://shop.example/api/notify//', 'https://shop.example/api/notify'],
  ['/api/notify/', `${location.origin}/api/notify`],
])('finds the API of %s', (apiUrl, address) => {
  expect(apiAddress(apiUrl)).toBe(address);
});

it.each(['', ' ', 'http://', 'shop.example:8000', 'ftp://shop.example', 7, undefined, null])(
  'an address like %s is refused with the name of the option',
  (address) => {
    const url = address as string;
    expect(() => apiAddress(url)).toThrow(/`apiUrl` must be an http or https address/);
    expect(() => socketAddress(url)).toThrow(/`socketUrl` must be an http or https address/);
  },
);

it('an address of a WebSocket is refused for the API', () => {
  expect(() => apiAddress('ws://shop.example')).toThrow(
    '`apiUrl` must be an http or https address, such as https://shop.example/notify or /notify, and not "ws://shop.example"',
  );
});

it('errors about a query or a path name the option, too', () => {
  expect(() => apiAddress('https://shop.example?a=1')).toThrow('`apiUrl` must not have a query');
  expect(() => socketAddress('https://shop.example', 'ws')).toThrow('`socketPath` must begin');
});

it.each(['websocket', 'polling'])(
  'works behind a proxy with a prefix, by %s',
  async (transport) => {
    backend.fate = (tried) => (tried === transport ? 'accept' : 'block');
    backend.items = [notification(1)];
    const proxies = await Promise.all([
      startProxy(backend.url, '/api/notify'),
      startProxy(backend.url, '/notify'),
    ]);
    const [api, sockets] = proxies;
    const inbox = new Inbox({ apiUrl: `${api.url}/`, socketUrl: sockets.url, token: 'token' });
    inbox.start();
    const now = () => inbox.store.getSnapshot();
    await until(() => {
      expect(now()).toMatchObject({ connection: 'online', list: 'ready' });
    });
    backend.create(notification(2));
    await until(() => {
      expect(now().items).toHaveLength(2);
    });
    inbox.stop();
    for (const { server } of proxies) await stop(server);
  },
);
