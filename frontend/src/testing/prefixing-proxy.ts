import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Start a proxy that serves a backend under a prefix, as the proxy in front of a shop does: it
 * removes the prefix, and answers 404 to all other paths.
 */
export async function startProxy(
  target: string,
  prefix: string,
): Promise<{ server: Server; url: string }> {
  const forward = (incoming: IncomingMessage) =>
    request(target + (incoming.url ?? '').slice(prefix.length), {
      method: incoming.method,
      headers: incoming.headers,
    });
  const isOurs = ({ url = '' }: IncomingMessage) => url.startsWith(`${prefix}/`);
  const server = createServer((incoming, outgoing) => {
    if (!isOurs(incoming)) {
      outgoing.writeHead(404, { 'access-control-allow-origin': '*' }).end();
      return;
    }
    const onward = forward(incoming);
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('upgrade', (incoming, socket) => {
    if (!isOurs(incoming)) {
      socket.destroy();
      return;
    }
    const onward = forward(incoming);
    const refuse = () => socket.destroy();
    onward.on('response', refuse).on('error', refuse);
    onward.on('upgrade', ({ headers }, behind, head) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
      socket.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'));
      socket.write(head);
      behind.pipe(socket).pipe(behind);
      for (const end of [socket, behind]) end.on('error', () => end.destroy());
    });
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}` };
}
