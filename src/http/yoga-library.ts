import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/**
 * Yoga and what belongs to it, loaded as CommonJS: it has several hundred modules, and Node 20 takes 100 ms longer for them as ES
 * modules. All that is used of it comes from here; what came in the other form would be loaded twice.
 */
export const { createYoga, isAsyncIterable, processRegularResult } = load(
  'graphql-yoga',
) as typeof import('graphql-yoga');
export const { useCSRFPrevention } = load(
  '@graphql-yoga/plugin-csrf-prevention',
) as typeof import('@graphql-yoga/plugin-csrf-prevention');
export const { usePersistedOperations } = load(
  '@graphql-yoga/plugin-persisted-operations',
) as typeof import('@graphql-yoga/plugin-persisted-operations');
export const { getCORSHeadersByRequestAndOptions } = load(
  '@whatwg-node/server',
) as typeof import('@whatwg-node/server');
