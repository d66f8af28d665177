import type { Plugin } from 'vite';

/**
 * Mark the entries that use React with `'use client'`, so that server components may import them.
 * The core needs no mark: a server may use its constants.
 */
export function forHosts(): Plugin {
  return {
    name: 'for-hosts',
    outputOptions: (options) => ({
      ...options,
      postBanner: ({ isEntry, name }) => (isEntry && name !== 'core' ? "'use client';" : ''),
    }),
  };
}
