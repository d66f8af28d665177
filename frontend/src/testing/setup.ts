import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

// Reconnecting takes time, and longer on a busy machine.
configure({ asyncUtilTimeout: 10_000 });

afterEach(cleanup);
