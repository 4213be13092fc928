import { createRequire } from 'node:module';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';

/** Counts the identifiers that a caller looks up. Rejects with `RateLimiterRes` above the limit. */
export type CallerLimiter = Pick<RateLimiterAbstract, 'points' | 'consume' | 'reward'>;

/** Loaded only where callers have a limit: loading takes 30 ms. */
export const loadRateLimiters = () =>
  createRequire(import.meta.url)('rate-limiter-flexible') as typeof import('rate-limiter-flexible');
