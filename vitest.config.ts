import { defineConfig } from 'vitest/config';

/** The tests of each mode. "all" adds what takes longer; "supergraph" and "frontend" need what these examples install. */
const INCLUDED: Record<string, string[]> = {
  all: ['test/**/*.test.ts', 'bench/**/*.test.ts'],
  supergraph: ['examples/supergraph/test/*.test.ts'],
  frontend: ['examples/frontend/test/*.test.ts'],
};

export default defineConfig(({ mode }) => ({
  resolve: {
    // Vite would take graphql's `module` entry while packages outside the bundle get `main`, as Node does:
    // two copies, and graphql-js refuses types of another copy.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: INCLUDED[mode] ?? ['test/**/*.test.ts'],
    exclude: mode === 'all' ? [] : ['test/faults/**'],
    // They count calls, of processes of their own and of a browser: one after the other, so that none starves.
    fileParallelism: mode !== 'supergraph' && mode !== 'frontend',
    // Several tests start processes or a browser on a shared, noisy machine; a bound against hanging, not a measure.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
}));
