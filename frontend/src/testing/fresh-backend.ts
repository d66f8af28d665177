import { afterEach, beforeEach } from 'vitest';
import { Backend } from './backend';

// Importing this file gives each test its own backend.
export let backend: Backend;

beforeEach(async () => {
  backend = await Backend.start();
});

afterEach(async () => {
  await backend.stop();
});
