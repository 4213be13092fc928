import { defineConfig } from 'vitest/config';

/** The tests of each mode. "all" adds what takes longer; "supergraph" needs what examples/supergraph installs. */
const INCLUDED: Record<string, string[]> = {
  all: ['test/**/*.test.ts', 'bench/**/*.test.ts'],
  supergraph: ['examples/supergraph/test/*.test.ts'],
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
    // Calls are counted there, of front ends that are processes of their own: one after the other, so that none starves.
    fileParallelism: mode !== 'supergraph',
    // Several tests start processes or a browser on a shared, noisy machine; a bound against hanging, not a measure.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
}));
