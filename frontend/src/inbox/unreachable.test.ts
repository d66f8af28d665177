import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { Inbox } from './inbox';

let requests = 0;
const cutting = createServer((socket) => {
  requests += 1;
  socket.destroy();
});
let inbox: Inbox;

afterEach(() => {
  inbox.stop();
  cutting.close();
});

it('makes few requests while nothing answers', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5); // so that each wait has its mean length
  await new Promise<void>((resolve) => cutting.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(cutting.address() as AddressInfo).port}`;
  inbox = new Inbox({ apiUrl: url, socketUrl: url, token: 'token' });
  inbox.start();
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  expect(inbox.store.getSnapshot()).toMatchObject({ connection: 'offline', list: 'failed' });
  // The inbox tries to connect three times, and polls in two of these attempts. It asks for the
  // list twice. It asks each of the two addresses once whether anything answers there.
  expect(requests).toBeLessThanOrEqual(9);
  expect(requests).toBeGreaterThanOrEqual(5);
});
