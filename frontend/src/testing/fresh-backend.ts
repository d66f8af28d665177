import { afterEach, beforeEach } from 'vitest';
import { Backend } from './backend';

// Importing this file gives each test a backend of its own.
export let backend: Backend;

beforeEach(async () => {
  backend = await Backend.start();
});

afterEach(async () => {
  await backend.stop();
});
