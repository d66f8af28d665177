import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';

// jsdom's own WebSocket throws on each event under Vitest, which has replaced the class `Event`.
Object.assign(globalThis, { WebSocket });

// jsdom has no layout, and so nothing to scroll. Some tests run without a page.
if ('Element' in globalThis) Element.prototype.scrollIntoView = () => undefined;

// Reconnecting takes time, and longer on a busy machine.
configure({ asyncUtilTimeout: 10_000 });

afterEach(cleanup);
