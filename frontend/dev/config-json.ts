import type { Plugin, ProxyOptions } from 'vite';

const local = (port: string | undefined, usual: number) =>
  `http://localhost:${port === undefined || port === '' ? usual : port}`;

/** The addresses of the services, if `make run` was started with the same settings. */
const UI = local(process.env.UI_PORT, 8080);
const TARGETS = {
  '/v1': process.env.API_URL ?? local(process.env.PRODUCER_API_PORT, 8000),
  '/socket.io': process.env.SOCKET_URL ?? UI,
  '/api': process.env.SHOP_URL ?? local(process.env.DEMO_SHOP_PORT, 8090),
};

/**
 * Let the pages of `npm run dev` reach a running stack: Vite's server passes their requests on. The
 * stack allows only the origin of its own UI, so the requests name this origin.
 */
export const devProxy = Object.fromEntries(
  Object.entries(TARGETS).map(([path, target]): [string, ProxyOptions] => [
    path,
    { target, changeOrigin: true, ws: path === '/socket.io', headers: { origin: UI } },
  ]),
);

/** Serve /config.json under `npm run dev`. Elsewhere, the server of the UI serves it. */
export function devConfig(): Plugin {
  return {
    name: 'config-json',
    configureServer(server) {
      server.middlewares.use('/config.json', (request, response) => {
        const here = `http://${request.headers.host ?? 'localhost'}`;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ apiUrl: here, socketUrls: [here], shopUrl: here }));
      });
    },
  };
}
