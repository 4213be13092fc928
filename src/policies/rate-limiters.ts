import { createRequire } from 'node:module';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';

/** Counts what callers ask for. It rejects with `RateLimiterRes` where it is too much. */
export type CallerLimiter = Pick<RateLimiterAbstract, 'points' | 'consume' | 'reward'>;

/** Loaded where callers are counted only: it takes 30 ms, and most gateways count nobody. */
export const loadRateLimiters = () =>
  createRequire(import.meta.url)('rate-limiter-flexible') as typeof import('rate-limiter-flexible');
