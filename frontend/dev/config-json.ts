import type { Plugin } from 'vite';

/** Serve /config.json under `npm run dev`. Elsewhere the server of the UI does it. */
export function devConfig(): Plugin {
  const config = {
    apiUrl: process.env.API_URL ?? 'http://localhost:8000',
    socketUrls: (process.env.SOCKET_URLS ?? 'http://localhost:8101').split(','),
    shopUrl: process.env.SHOP_URL ?? 'http://localhost:8090',
  };
  return {
    name: 'config-json',
    configureServer(server) {
      server.middlewares.use('/config.json', (_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(config));
      });
    },
  };
}
