import type { ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { lifeOf } from '../src/testing/simulated-lives.ts';
import { SimulatedRoom } from '../src/testing/simulated-room.ts';

const numberOf = (name: string, usual: number) => Number(process.env[name] ?? usual);

/**
 * Answer the console's requests with made-up data, for work on the page without a running stack:
 * `SIMULATED_RATE=200 SIMULATED_PARTITIONS=64 npm run dev:console`.
 */
export function simulatedConsole(): Plugin {
  return {
    name: 'simulated-console',
    configureServer({ middlewares }) {
      answerAll(middlewares);
    },
    configurePreviewServer({ middlewares }) {
      answerAll(middlewares);
    },
  };
}

function answerAll(middlewares: Connect.Server): void {
  const answer = (response: ServerResponse, body: unknown) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  middlewares.use('/api/session', (_request, response) => {
    const expires_at = new Date(Date.now() + 8 * 3_600_000).toISOString();
    answer(response, { demo: true, may_repeat: true, expires_at });
  });
  middlewares.use('/api/river', (_request, response) => {
    stream(response);
  });
  middlewares.use('/api/repeat', (_request, response) => {
    answer(response, { would: [lifeOf('').notification.id], count: 1, applied: false });
  });
  middlewares.use('/api/notifications', (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const life = lifeOf(path.slice(1));
    const found = { ...life.notification, status: life.status };
    const list = { items: [found], more: false, known_since: life.known_since };
    answer(response, path.length > 1 ? life : list);
  });
}

function stream(response: ServerResponse): void {
  const room = new SimulatedRoom(
    {
      partitions: numberOf('SIMULATED_PARTITIONS', 6),
      instances: numberOf('SIMULATED_INSTANCES', 2),
      perSecond: numberOf('SIMULATED_RATE', 12),
      silentEach: numberOf('SIMULATED_SILENT_EACH', 90),
    },
    Date.now() - 30_000,
  );
  response.setHeader('content-type', 'text/event-stream');
  const send = (event: string, data: unknown) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  // Simulate the past half minute first, so that a browser has already been silent for some time.
  for (let past = 0; past < 300; past++) room.tick(100);
  send('state', room.state());
  let ticks = 0;
  const timer = setInterval(() => {
    send('records', room.tick(100));
    if (++ticks % 5 === 0) send('state', room.state());
    if (ticks % 400 === 200) room.join();
    if (ticks % 400 === 0) room.die();
  }, 100);
  response.on('close', () => {
    clearInterval(timer);
  });
}
