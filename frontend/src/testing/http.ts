import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly token: string | undefined;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, or `dropped` to cut the connection. */
export type Answered = Answer | 'dropped';

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}

/** Start a JSON server on a free port of the loopback interface, open to all origins. */
export async function listen(
  answer: (call: Call) => Answered | Promise<Answered>,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      const cors = {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-allow-methods': 'GET, PATCH, POST, PUT',
      };
      if (request.method === 'OPTIONS') {
        response.writeHead(204, cors).end();
        return;
      }
      const answered = await answer({
        method: request.method ?? 'GET',
        url: new URL(request.url ?? '/', 'http://backend'),
        token: request.headers.authorization?.replace('Bearer ', ''),
        body: await readBody(request),
      });
      if (answered === 'dropped') {
        request.socket.destroy();
        return;
      }
      const { status, body, headers } = answered;
      response.writeHead(status, { ...cors, 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

export const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
