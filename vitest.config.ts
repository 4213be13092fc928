import { defineConfig } from 'vitest/config';

/**
 * The tests of each mode. "all" adds what takes longer; "replicas" has several processes under load, and wants the machine for itself;
 * "supergraph", "frontend" and "clients" need what their folders install.
 */
const INCLUDED: Record<string, string[]> = {
  all: ['test/**/*.test.ts', 'bench/*.test.ts'],
  replicas: ['test/replicas/*.test.ts'],
  supergraph: ['examples/supergraph/test/*.test.ts'],
  frontend: ['examples/frontend/test/*.test.ts'],
  clients: ['test/clients/*.test.ts'],
};

/** What a mode leaves to others. */
const EXCLUDED: Record<string, string[]> = { all: ['test/replicas/**', 'test/clients/**'], replicas: [], clients: [] };

/** They count calls, of processes of their own and of a browser: one file after the other, so that none starves. */
const ONE_AT_A_TIME = ['replicas', 'supergraph', 'frontend', 'clients'];

export default defineConfig(({ mode }) => ({
  resolve: {
    // Vite would take graphql's `module` entry while packages outside the bundle get `main`, as Node does:
    // two copies, and graphql-js refuses types of another copy.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: INCLUDED[mode] ?? ['test/**/*.test.ts'],
    exclude: EXCLUDED[mode] ?? ['test/faults/**', 'test/replicas/**', 'test/clients/**'],
    fileParallelism: !ONE_AT_A_TIME.includes(mode),
    // Most tests wait for something; vitest would run one file at a time on a machine with two cores.
    maxWorkers: ONE_AT_A_TIME.includes(mode) ? 1 : 2,
    // Several tests start processes or a browser on a shared, noisy machine; a bound against hanging, not a measure.
    testTimeout: mode === 'replicas' ? 240_000 : 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
}));
