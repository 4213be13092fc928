import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  resolve: {
    // Vite would take graphql's `module` entry while packages outside the bundle get `main`, as Node does:
    // two copies, and graphql-js refuses types of another copy.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    // `npm run test:all` adds what takes longer.
    include: mode === 'all' ? ['test/**/*.test.ts', 'bench/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: mode === 'all' ? [] : ['test/faults/**'],
    // Several tests start processes or a browser on a shared, noisy machine; a bound against hanging, not a measure.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
}));
