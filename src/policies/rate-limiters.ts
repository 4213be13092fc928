import { createRequire } from 'node:module';

/** Loaded where callers are counted only: it takes 30 ms, and most gateways count nobody. */
export const loadRateLimiters = () =>
  createRequire(import.meta.url)('rate-limiter-flexible') as typeof import('rate-limiter-flexible');
